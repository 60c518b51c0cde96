/** Changes to people: shown at once, put back when refused. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { addMethod, blockContact, changeContact, changeMethod, mergeContacts, removeMethod, unblockContact, unmergeContacts } from '@/lib/api/contacts'
import { keys } from '@/lib/api/keys'
import { messageOf } from '@/lib/api/problem'
import type { ContactChange, ContactDetail, ContactMethod, ContactMethodChange, NewContactMethod } from '@/lib/api/types'
import { t } from '@/lib/i18n'
import { toast, toastFailure } from '@/lib/toast'

/** An address with a change as the server will answer it. */
export function changedMethod(method: ContactMethod, change: ContactMethodChange, now: string): ContactMethod {
  const since = (wanted: boolean | null | undefined, was: string | null | undefined) => (wanted === undefined || wanted === null ? (was ?? null) : wanted ? (was ?? now) : null)
  const consent_at = since(change.consent, method.consent_at)
  return {
    ...method,
    value: change.value ?? method.value,
    is_primary: change.is_primary ?? method.is_primary,
    is_active: change.is_active ?? method.is_active,
    is_verified: change.is_verified ?? (method.is_verified && !change.value),
    opted_out_at: since(change.opted_out, method.opted_out_at),
    consent_at,
    consent_source: consent_at ? (change.consent_source ?? method.consent_source) : null,
  }
}

/** A contact with one address changed; another one of its kind is no longer primary when this one becomes it. */
export function withMethod(contact: ContactDetail, id: number, change: ContactMethodChange, now: string): ContactDetail {
  const target = contact.methods.find(method => method.id === id)
  return {
    ...contact,
    methods: contact.methods.map(method => {
      if (method.id === id) return changedMethod(method, change, now)
      return change.is_primary && method.kind === target?.kind ? { ...method, is_primary: false } : method
    }),
  }
}

export function personActions(client: QueryClient) {
  const refresh = (id: number) => {
    for (const queryKey of [keys.contact(id), keys.contactLists, keys.duplicates, keys.leadOf]) void client.invalidateQueries({ queryKey })
  }
  /** After a merge, or its undoing: what two had is another's. */
  const refreshAll = () => {
    for (const queryKey of [keys.contacts, keys.contactLists, keys.duplicates, keys.contactTicketLists, keys.leads, keys.leadOf, keys.lists]) {
      void client.invalidateQueries({ queryKey })
    }
  }

  /** Sends a change that shows already. True when it holds. */
  const send = async (id: number, show: (contact: ContactDetail) => ContactDetail, work: () => Promise<unknown>): Promise<boolean> => {
    const key = keys.contact(id)
    await client.cancelQueries({ queryKey: key, exact: true })
    const before = client.getQueryData<ContactDetail>(key)
    if (before) client.setQueryData<ContactDetail>(key, show(before))
    try {
      await work()
      return true
    } catch (error) {
      if (before) client.setQueryData(key, before)
      toastFailure(t('person.notChanged', { why: messageOf(error) }), () => void send(id, show, work))
      return false
    } finally {
      refresh(id)
    }
  }

  const change = (id: number, shown: Partial<ContactDetail>, wanted: ContactChange) => send(id, old => ({ ...old, ...shown }), () => changeContact(id, wanted))
  const changeAddress = (contact: number, method: number, wanted: ContactMethodChange) =>
    send(contact, old => withMethod(old, method, wanted, new Date().toISOString()), () => changeMethod(method, wanted))
  const removeAddress = (contact: number, method: number) =>
    send(contact, old => ({ ...old, methods: old.methods.filter(one => one.id !== method) }), () => removeMethod(method))

  /** Not shown before the server took it: it says whose an address is already. */
  const addAddress = async (contact: number, method: NewContactMethod) => {
    const added = await addMethod(contact, method)
    refresh(contact)
    return added
  }

  const setBlocked = async (id: number, is_blocked: boolean): Promise<void> => {
    const held = await send(id, old => ({ ...old, is_blocked }), () => (is_blocked ? blockContact(id) : unblockContact(id)))
    if (held) toast(t(is_blocked ? 'person.said.blocked' : 'person.said.unblocked'), { action: { label: 'common.undo', run: () => void setBlocked(id, !is_blocked) } })
  }

  const unmerge = async (contact: number, merge: number): Promise<void> => {
    try {
      await unmergeContacts(contact, merge)
      toast(t('person.said.unmerged'))
    } catch (error) {
      toastFailure(t('person.notUnmerged', { why: messageOf(error) }), () => void unmerge(contact, merge))
    } finally {
      refreshAll()
    }
  }

  /** Throws what the server refused. */
  const merge = async (winner: number, loser: number): Promise<void> => {
    try {
      const merged = await mergeContacts(winner, loser)
      toast(t('person.said.merged', { name: merged.name }), { action: { label: 'common.undo', run: () => void unmerge(winner, merged.merge_id) } })
    } finally {
      refreshAll()
    }
  }
  return { change, changeAddress, removeAddress, addAddress, setBlocked, merge, unmerge, refresh, refreshAll }
}

export function usePersonActions() {
  const client = useQueryClient()
  return useMemo(() => personActions(client), [client])
}
