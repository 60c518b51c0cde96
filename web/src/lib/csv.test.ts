import { describe, expect, it } from 'vitest'
import { CsvReader, unguarded } from '@/lib/csv'

const TEXT = 'row,errors,Họ tên\r\n2,"phone: ""bad"", again","Đào\nNguyễn"\r\n3,,\r\n'
const ROWS = [['row', 'errors', 'Họ tên'], ['2', 'phone: "bad", again', 'Đào\nNguyễn'], ['3', '', '']]

describe('a CSV text', () => {
  it('is read whole', () => {
    expect(new CsvReader().push(TEXT)).toEqual(ROWS)
  })

  it('is read alike wherever it is cut', () => {
    for (let at = 0; at <= TEXT.length; at += 1) {
      const reader = new CsvReader()
      expect([...reader.push(TEXT.slice(0, at)), ...reader.push(TEXT.slice(at))]).toEqual(ROWS)
    }
  })

  it('gives back what was kept from being a formula', () => {
    expect(["'=1+1", "'-x", "'tis", '=1'].map(unguarded)).toEqual(['=1+1', '-x', "'tis", '=1'])
  })
})
