import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '@/lib/api/keys'
import { leadSettingsQuery } from '@/lib/api/leads'
import { fetchRescoring, fetchStageCounts, saveLeadSettings } from '@/lib/api/pipelines'
import { Problem } from '@/lib/api/problem'
import type { LeadSettings, LeadSettingsInput, Pipeline } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { toast } from '@/lib/toast'

/** Live events tell of progress; this only helps where the live connection fails. */
const LOOK_AGAIN_MS = 3_000

export const useRescoring = () =>
  useQuery({
    queryKey: keys.rescoring,
    queryFn: fetchRescoring,
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? LOOK_AGAIN_MS : false),
  })

/** How many leads are in each stage, by its key. Looks again while a stage that was taken out still has some. */
export function useStageCounts(pipeline: Pipeline) {
  const active = new Set(pipeline.stages.filter(stage => stage.is_active).map(stage => stage.key))
  const query = useQuery({
    queryKey: keys.stageCounts(pipeline.id),
    queryFn: () => fetchStageCounts(pipeline.id),
    refetchInterval: ({ state }) => (state.data?.some(one => one.count > 0 && !active.has(one.status)) ? LOOK_AGAIN_MS : false),
  })
  const counts = query.data?.filter(one => one.count > 0) ?? []
  return {
    isKnown: query.data !== undefined,
    of: (key: string) => counts.find(one => one.status === key)?.count ?? 0,
    leaving: counts.filter(one => !active.has(one.status)),
  }
}

type Edit<T> = { from: T; version: number; draft: T }

/**
 * What is being changed, beside what the server has. Until something is changed it follows the server; from then on it is
 * kept, with the version that it began from.
 */
export function useDraft<T>(server: T, version: number) {
  const [edit, setEdit] = useState<Edit<T> | null>(null)
  const isDirty = edit !== null && JSON.stringify(edit.draft) !== JSON.stringify(edit.from)
  return {
    draft: edit && isDirty ? edit.draft : server,
    from: edit && isDirty ? edit.from : server,
    version: edit && isDirty ? edit.version : version,
    isDirty,
    set: (change: (draft: T) => T) =>
      setEdit(old => {
        const isOld = old !== null && JSON.stringify(old.draft) !== JSON.stringify(old.from)
        const now = isOld ? old : { from: server, version, draft: server }
        return { ...now, draft: change(now.draft) }
      }),
    /** Both sides, where the server has changed by one's own hand. */
    rebase: (next: T, nextVersion: number, change: (draft: T) => T) =>
      setEdit(old => (old ? { from: next, version: nextVersion, draft: change(old.draft) } : null)),
    discard: () => setEdit(null),
  }
}

type Draft<T> = ReturnType<typeof useDraft<T>>

/** Keeps what one tab changes of the settings; the rest is sent as it is. */
export function useSettingsSave<T>(settings: LeadSettings, edit: Draft<T>, partOf: (draft: T) => Partial<LeadSettingsInput>) {
  const client = useQueryClient()
  const { version, ...rest } = settings
  const whole: LeadSettingsInput = { ...rest, ...partOf(edit.draft) }
  const save = useMutation({
    mutationFn: (on: number) => saveLeadSettings(whole, on),
    onSuccess: saved => {
      edit.discard()
      client.setQueryData(keys.leadSettings, saved)
      void client.invalidateQueries({ queryKey: keys.rescoring })
      void client.invalidateQueries({ queryKey: keys.leadAgents })
      toast(t('common.saved'))
    },
    onError: error => void (isStale(error) && client.invalidateQueries({ queryKey: keys.leadSettings })),
  })
  return {
    whole,
    isPending: save.isPending,
    error: save.error,
    problem: save.error instanceof Problem ? save.error : null,
    /** Whoever was told that somebody was faster saves all the same: their own part on top of what is there now. */
    save: () => save.mutate(isStale(save.error) ? version : edit.version),
    discard: () => {
      save.reset()
      edit.discard()
    },
  }
}

export const isStale = (error: Error | null): boolean => error instanceof Problem && error.code === 'stale_version'

export const useLeadSettings = () => useQuery({ ...leadSettingsQuery, staleTime: 0 })
