import { useState } from 'react'
import { includesFolded } from '@/lib/commands'
import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'

export type Choice = { value: string; label: string }
/** So many are looked through by eye; more are searched. */
const FEW = 8

type ChoicesProps = { name: string; choices: Choice[]; chosen: string[]; isMany?: boolean; choose: (values: string[]) => void }

/** Several of some, or one of them. */
export function Choices({ name, choices, chosen, isMany, choose }: ChoicesProps) {
  const t = useT()
  const [typed, setTyped] = useState('')
  const found = typed ? choices.filter(choice => includesFolded(choice.label, typed)) : choices
  const turn = (value: string, isOn: boolean) => {
    if (!isMany) choose([value])
    else choose(isOn ? [...chosen, value] : chosen.filter(one => one !== value))
  }
  return (
    <fieldset className="space-y-2">
      <legend className="mb-2 text-xs font-semibold">{name}</legend>
      {choices.length > FEW && <Input type="search" aria-label={t('common.search')} placeholder={t('common.search')} value={typed} onChange={e => setTyped(e.target.value)} />}
      <ul className="max-h-64 overflow-auto">
        {found.map(choice => (
          <li key={choice.value}>
            <label className="flex items-center gap-2 rounded px-1 py-1 hover:bg-raised">
              <input
                type={isMany ? 'checkbox' : 'radio'}
                name={name}
                className="size-4 shrink-0 accent-(--accent)"
                checked={chosen.includes(choice.value)}
                onChange={e => turn(choice.value, e.target.checked)}
              />
              <span className="min-w-0 truncate">{choice.label}</span>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="text-mute">{t('common.nothingFound')}</p>}
    </fieldset>
  )
}

export type Blank = { key: string; label: string; type: 'text' | 'number' | 'date'; value: string; min?: number; max?: number }

/** Words, numbers or days to fill in. */
export function Blanks({ blanks, apply }: { blanks: Blank[]; apply: (values: Record<string, string | undefined>) => void }) {
  const t = useT()
  const [values, setValues] = useState(() => Object.fromEntries(blanks.map(blank => [blank.key, blank.value])))
  return (
    <form
      className="space-y-3"
      onSubmit={event => {
        event.preventDefault()
        apply(Object.fromEntries(blanks.map(({ key }) => [key, values[key]?.trim() || undefined])))
      }}
    >
      {blanks.map(({ key, label, type, min, max }) => (
        <Field key={key} label={label} type={type} min={min} max={max} maxLength={100} value={values[key] ?? ''} onChange={e => setValues(old => ({ ...old, [key]: e.target.value }))} />
      ))}
      <Button type="submit" variant="solid">{t('filter.apply')}</Button>
    </form>
  )
}
