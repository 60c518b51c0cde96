import { Plus, X } from 'lucide-react'
import { useT } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Picker } from '@/ui/picker'

type Props = {
  tags: readonly string[]
  /** Offered to be added, besides whatever is typed. */
  known: readonly string[]
  mayWrite: boolean
  open: boolean
  onOpenChange: (open: boolean) => void
  /** All tags as they are to be. */
  onChange: (tags: string[]) => void
  /** How a tag that is typed is kept. */
  tidy?: (typed: string) => string
  describedBy?: string | undefined
}

/** Tags, each with its way out, and a list to add others from. */
export function Tags({ tags, known, mayWrite, open, onOpenChange, onChange, tidy = typed => typed, describedBy }: Props) {
  const t = useT()
  const toggle = (tag: string) => onChange(tags.includes(tag) ? tags.filter(other => other !== tag) : [...tags, tag])
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map(tag => (
        <Badge key={tag}>
          {tag}
          {mayWrite && (
            <button type="button" aria-label={t('details.removeTag', { tag })} onClick={() => toggle(tag)} className="-mr-1 grid size-4 place-items-center rounded hover:bg-fg/10">
              <X size={10} aria-hidden />
            </button>
          )}
        </Badge>
      ))}
      {mayWrite && (
        <Picker
          label={t('details.addTag')}
          open={open}
          onOpenChange={onOpenChange}
          items={known.map(tag => ({ id: tag, text: tag, chosen: tags.includes(tag) }))}
          onPick={toggle}
          onCreate={typed => toggle(tidy(typed))}
          keepOpen
          trigger={
            <button type="button" aria-label={t('details.addTag')} aria-describedby={describedBy} className="grid size-5 place-items-center rounded border text-mute hover:text-fg">
              <Plus size={11} aria-hidden />
            </button>
          }
        />
      )}
    </span>
  )
}
