import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Part } from '@/features/vendors/rules-editor'
import { example, faultWords } from '@/features/vendors/rules'
import { messageOf } from '@/lib/api/problem'
import type { CheckedPost, VendorRules } from '@/lib/api/types'
import { checkVendorPost } from '@/lib/api/vendors'
import { useT } from '@/lib/i18n'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { INPUT } from '@/ui/field'
import { FormError } from '@/ui/states'
import { cn } from '@/ui/cn'

const TONES: Record<CheckedPost['outcome'], Tone> = { accepted: 'ok', rejected: 'danger', duplicate: 'warn' }

/** A post to try the rules on, as they stand in the form; nothing is stored. */
export function TryPost({ code, rules, days }: { code: string; rules: VendorRules; days: number | null }) {
  const t = useT()
  const [text, setText] = useState(() => example(rules, code))
  const [isText, setIsText] = useState(true)
  const ask = useMutation({ mutationFn: (post: Record<string, never>) => checkVendorPost(code, { post, rules, duplicate_days: days }) })
  const send = () => {
    ask.reset()
    const post = parsed(text)
    setIsText(post !== null)
    if (post) ask.mutate(post)
  }
  const told = ask.data
  return (
    <Part title={t('vendor.try')} hint={t('vendor.tryHint')}>
      <div className="grid gap-3 sm:grid-cols-2">
        <div className="space-y-2">
          <textarea
            aria-label={t('vendor.post')} aria-invalid={!isText || undefined} spellCheck={false} rows={8} maxLength={100_000}
            className={cn(INPUT, 'min-h-40 py-2 font-mono text-xs')} value={text} onChange={e => setText(e.target.value)}
          />
          <Button onClick={send} disabled={ask.isPending}>{t('vendor.tryIt')}</Button>
        </div>
        <div aria-live="polite">
          {!isText && <FormError>{t('vendor.noJson')}</FormError>}
          {ask.error && <FormError>{messageOf(ask.error)}</FormError>}
          {told && (
            <>
              <p className="mb-2"><Badge tone={TONES[told.outcome]}>{t(`vendor.verdict.${told.outcome}`)}</Badge></p>
              <ul className="space-y-1">
                {told.errors.map((fault, n) => (
                  <li key={n}><code className="font-semibold">{fault.field || t('vendor.wholePost')}</code> {faultWords(fault, rules)}</li>
                ))}
              </ul>
              {told.lead && <Lead lead={told.lead} />}
            </>
          )}
        </div>
      </div>
    </Part>
  )
}

function parsed(text: string): Record<string, never> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, never>) : null
  } catch {
    return null
  }
}

/** Where the fields went. */
function Lead({ lead }: { lead: NonNullable<CheckedPost['lead']> }) {
  const t = useT()
  const rows: [string, string | null][] = [
    [t('lead.name'), lead.name], [t('lead.phone'), lead.phone], [t('lead.email'), lead.email], [t('vendor.target.notes'), lead.notes],
    ...Object.entries(lead.custom).map(([key, value]): [string, string] => [key, String(value)]),
    ...Object.entries(lead.metadata).map(([key, value]): [string, string] => [t('vendor.keptBeside', { field: key }), typeof value === 'string' ? value : JSON.stringify(value)]),
  ]
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
      {rows.filter(([, value]) => value).map(([name, value]) => (
        <div key={name} className="contents"><dt className="text-mute">{name}</dt><dd className="min-w-0 break-words">{value}</dd></div>
      ))}
    </dl>
  )
}
