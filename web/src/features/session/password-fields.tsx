import { useT } from '@/lib/i18n'
import { Field } from '@/ui/field'

export const PASSWORD_LENGTH = 10

type Props = { value: string; repeated: string; onValue: (value: string) => void; onRepeated: (value: string) => void; error?: string | undefined }

/** A new password, typed twice. */
export function PasswordFields({ value, repeated, onValue, onRepeated, error }: Props) {
  const t = useT()
  const differs = repeated !== '' && repeated !== value
  return (
    <>
      <Field
        label={t('password.new')}
        type="password"
        value={value}
        onChange={e => onValue(e.target.value)}
        autoComplete="new-password"
        minLength={PASSWORD_LENGTH}
        hint={t('password.hint', { n: PASSWORD_LENGTH })}
        error={error}
        required
      />
      <Field
        label={t('password.repeat')}
        type="password"
        value={repeated}
        onChange={e => onRepeated(e.target.value)}
        autoComplete="new-password"
        error={differs ? t('password.differs') : undefined}
        required
      />
    </>
  )
}
