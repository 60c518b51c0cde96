import { Popover } from 'radix-ui'
import { Smile } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'

const COLUMNS = 8
const EMOJI = [
  ...'🙂😀😄😉😊😍🤗🤔😅😂🥲😢😮😬🙏👍👎👌👏🙌💪🤝👋✌️🎉🎁🎓🏆⭐✨🔥💡❤️💙💚💛✅❌❗❓📌📎📷📄📞📧📅⏰⏳🚚📦💳💰🛠️🔒🔑🌐☕🌞🌧️🚀🙇🤞👀💬🏠🎶'.matchAll(/\p{Extended_Pictographic}\uFE0F?/gu),
].map(match => match[0])

/** A small grid; arrows move, Enter picks. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const buttons = [...event.currentTarget.querySelectorAll('button')]
    const at = buttons.findIndex(button => button === document.activeElement)
    buttons[at + step]?.focus()
  }
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button variant="ghost" size="icon" className="size-7!" aria-label={t('composer.emoji')}>
          <Smile size={16} aria-hidden />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={8}
          aria-label={t('composer.emoji')}
          onCloseAutoFocus={event => event.preventDefault()}
          className="z-50 rounded-lg border bg-panel p-2 shadow-xl"
        >
          <div className="grid grid-cols-8 gap-0.5" onKeyDown={onKeyDown}>
            {EMOJI.map(emoji => (
              <button
                key={emoji}
                type="button"
                onClick={() => {
                  onPick(emoji)
                  setOpen(false)
                }}
                className="grid size-8 place-items-center rounded text-lg hover:bg-raised"
              >
                {emoji}
              </button>
            ))}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
