/** Reads CSV as it arrives, in pieces cut anywhere: commas, quotes doubled within quotes, lines of either kind. */
export class CsvReader {
  #row: string[] = []
  #cell = ''
  #isQuoted = false
  /** The last letter was a quote within quotes: the first of two, or the end. */
  #isOpen = false

  /** The rows that end in this piece. */
  push(text: string): string[][] {
    const rows: string[][] = []
    for (const letter of text) {
      if (this.#isQuoted) {
        const wasQuote = this.#isOpen
        this.#isOpen = letter === '"' && !wasQuote
        if (this.#isOpen) continue
        if (!wasQuote || letter === '"') {
          this.#cell += letter
          continue
        }
        this.#isQuoted = false
      }
      if (letter === '"' && this.#cell === '') this.#isQuoted = true
      else if (letter === ',') this.#endCell()
      else if (letter === '\n') {
        this.#endCell()
        rows.push(this.#row)
        this.#row = []
      } else if (letter !== '\r') this.#cell += letter
    }
    return rows
  }

  #endCell(): void {
    this.#row.push(this.#cell)
    this.#cell = ''
  }
}

/** A cell as it was before it was kept from being a formula. */
export const unguarded = (cell: string): string => (/^'[=+\-@\t\r\n＝＋－＠]/.test(cell) ? cell.slice(1) : cell)
