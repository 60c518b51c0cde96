import { useMemo } from 'react'
import { useLocale, useT } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { partsOf, samplesOf, type Samples } from '@/lib/merge-fields'
import { cn } from '@/ui/cn'

/** Made-up values for every field, in the language of the desk. */
export function useSamples(): Samples {
  const t = useT()
  const me = useMe()
  const locale = useLocale()
  return useMemo(
    () =>
      samplesOf({
        contact: {
          first_name: t('replies.sample.contact.first_name'),
          name: t('replies.sample.contact.name'),
          phone: locale === 'vi' ? '0901 234 567' : '+1 415 555 0123',
          email: 'an@example.com',
        },
        agent: { first_name: me.name.split(/\s+/).at(locale === 'vi' ? -1 : 0) ?? me.name, name: me.name },
        organisation: { name: t('replies.sample.organisation.name') },
        ticket: { number: '1042', subject: t('replies.sample.ticket.subject') },
        lead: {
          name: t('replies.sample.lead.name'),
          stage: t('replies.sample.lead.stage'),
          source: t('replies.sample.lead.source'),
          students: t('replies.sample.lead.students'),
        },
      }),
    [t, me.name, locale],
  )
}

/** How the reply will read. */
export function Preview({ subject, body, samples }: { subject: string; body: string; samples: Samples }) {
  const t = useT()
  const parts = partsOf(body, samples)
  const title = partsOf(subject, samples)
  const isWrong = [...parts, ...title].some(part => part.kind === 'unknown')
  return (
    <section aria-label={t('replies.preview')} className="min-w-0 space-y-1.5">
      <h3 className="text-[12.5px] font-medium">{t('replies.preview')}</h3>
      <div className="max-h-80 min-h-24 overflow-auto rounded-2xl bg-accent-soft px-3.5 py-2.5 break-words whitespace-pre-wrap">
        {title.length > 0 && <p className="mb-1.5 font-semibold"><Parts parts={title} /></p>}
        <Parts parts={parts} />
      </div>
      {isWrong && <p role="status" className="text-xs text-danger">{t('replies.unknown')}</p>}
      <p className="text-xs text-mute">{t('replies.previewHint')}</p>
    </section>
  )
}

const Parts = ({ parts }: { parts: ReturnType<typeof partsOf> }) =>
  parts.map((part, n) => (
    <span key={n} className={cn(part.kind === 'value' && 'text-accent', part.kind === 'unknown' && 'rounded bg-danger/10 font-medium text-danger')}>{part.text}</span>
  ))
