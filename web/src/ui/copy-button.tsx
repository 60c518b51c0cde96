import { Copy } from 'lucide-react'
import { useT } from '@/lib/i18n'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'

/** Copies a text, and says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const t = useT()
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      toast(t('common.copied'))
    } catch {
      // Forbidden, or missing on plain HTTP addresses of a local network.
      toastFailure(t('common.notCopied'))
    }
  }
  return (
    <Button variant="ghost" size="icon" aria-label={label} title={label} onClick={() => void copy()}>
      <Copy size={14} aria-hidden />
    </Button>
  )
}
