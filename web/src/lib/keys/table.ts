import type { Key } from '@/lib/i18n'

/** What the `?` help shows. A key that is not here does not exist for the user. */
export const SHORTCUTS: { title: Key; rows: { keys: string[]; label: Key }[] }[] = [
  {
    title: 'keys.everywhere',
    rows: [
      { keys: ['Ctrl', 'K'], label: 'keys.palette' },
      { keys: ['/'], label: 'keys.search' },
      { keys: ['C'], label: 'keys.create' },
      { keys: ['?'], label: 'keys.help' },
      { keys: ['G', 'I'], label: 'keys.goInbox' },
      { keys: ['G', 'L'], label: 'keys.goLeads' },
      { keys: ['G', 'P'], label: 'keys.goPipeline' },
      { keys: ['G', 'T'], label: 'keys.goTasks' },
      { keys: ['G', 'E'], label: 'keys.goPeople' },
      { keys: ['G', 'Y'], label: 'keys.goReplies' },
      { keys: ['G', 'R'], label: 'keys.goRouting' },
      { keys: ['G', 'S'], label: 'keys.goSetup' },
      { keys: ['G', 'V'], label: 'keys.goVendors' },
      { keys: ['G', 'U'], label: 'keys.goUsers' },
      { keys: ['G', 'C'], label: 'keys.goConnections' },
    ],
  },
  {
    title: 'keys.list',
    rows: [
      { keys: ['J'], label: 'keys.next' },
      { keys: ['K'], label: 'keys.previous' },
      { keys: ['Enter'], label: 'keys.open' },
      { keys: ['X'], label: 'keys.select' },
    ],
  },
  {
    title: 'keys.ticket',
    rows: [
      { keys: ['R'], label: 'keys.reply' },
      { keys: ['N'], label: 'keys.note' },
      { keys: ['A'], label: 'keys.assign' },
      { keys: ['S'], label: 'keys.status' },
      { keys: ['P'], label: 'keys.priority' },
      { keys: ['T'], label: 'keys.tags' },
      { keys: ['E'], label: 'keys.resolve' },
      { keys: ['Shift', 'E'], label: 'keys.resolveNext' },
      { keys: ['Ctrl', 'Enter'], label: 'keys.send' },
    ],
  },
  {
    title: 'keys.board',
    rows: [{ keys: ['[', ']'], label: 'keys.moveCard' }],
  },
]
