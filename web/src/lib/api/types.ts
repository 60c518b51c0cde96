/**
 * Short names for the schemas of the API. Instants are RFC 3339 strings in UTC; what is absent is null. A shape that
 * is not the server's is not written here; what the document leaves wider than the server is: `scripts/narrow.mjs`.
 */
import type { components } from '@gen/schema'

type Schemas = components['schemas']

export type Me = Schemas['Me']
export type MeChange = Schemas['MeChange']
export type Role = Me['role']
export type Presence = Me['status']
export type Permission = Schemas['Grant']
export type Scope = Permission['scope']
export type Session = Schemas['Session']
export type SignIn = Schemas['SessionView']
export type SetupInput = Schemas['Setup']
export type Named = Schemas['Ref']

export type User = Schemas['User']
export type UserList = Schemas['UserList']
export type NewUser = Schemas['UserInput']
export type UserChange = Schemas['UserChange']
export type CreatedUser = Schemas['CreatedUser']
export type Membership = Schemas['Membership']
export type MembershipInput = Schemas['MembershipInput']

export type Department = Schemas['DepartmentView']
export type DepartmentMember = Schemas['DepartmentMember']
export type NewDepartment = Schemas['NewDepartment']
export type DepartmentChange = Schemas['DepartmentChange']
export type MembersInput = Schemas['MemberList']['members']
export type Strategy = Schemas['RoutingStrategy']

export type TicketStatus = Schemas['Status']
export type Priority = Schemas['Priority']
export type TicketRow = Schemas['TicketRow']
export type Ticket = Schemas['Ticket']
export type TicketList = Schemas['TicketList']
export type TicketCounts = Schemas['TicketCounts']
export type Queue = keyof TicketCounts
export type TicketChange = Schemas['TicketChange']
export type NewTicket = Schemas['NewTicket']
export type Draft = Schemas['Draft']
export type DraftText = Schemas['DraftBody']

export type Visibility = Schemas['Visibility']
export type Message = Schemas['Message']
export type MessageList = Schemas['MessageList']
export type Attachment = Schemas['Attachment']
/** What the desk sends: always with an id of its own, so that sending again is safe. */
export type NewMessage = Schemas['NewMessage'] & { content: string; visibility: Visibility; client_id: string }
export type UploadedFile = Schemas['UploadedFile']
/** What a line of the history tells; its facts differ by kind, so their types are looked at where they are read. */
export type EventData = NonNullable<Message['data']>

export type Exclusion = Schemas['RoutingExclusion']
export type ScoreParts = Schemas['ScoreParts']
export type ScorePart = keyof ScoreParts
export type Candidate = Schemas['DecisionCandidate']
export type Decision = Schemas['Decision']
export type AssignmentAnswer = Schemas['TicketAssignment']

export type ContactMethod = Schemas['ContactMethod']
export type Contact = Schemas['Contact']
export type ContactDetail = Schemas['ContactDetail']
export type ContactKind = Contact['kind']
export type ContactChange = Schemas['ContactChange']
export type NewContact = Schemas['NewContact']
export type ContactMethodChange = Schemas['ContactMethodChange']
export type NewContactMethod = Schemas['NewContactMethod']
export type ContactPair = Schemas['ContactPair']

export type Keyword = Schemas['KeywordView']
export type KeywordList = Schemas['KeywordList']
export type NewKeyword = Schemas['NewKeyword']
export type KeywordChange = Schemas['KeywordChange']
export type RoutingSettings = Schemas['RoutingSettingsView']
export type Simulation = Schemas['SimulationResult']
export type QueueState = Schemas['RoutingQueue']

export type SpamPart = Schemas['SpamPart']
export type SpamActivity = Schemas['SpamActivity']

export type ApiKey = Schemas['ApiKeyView']
export type ApiKeyList = Schemas['ApiKeyList']
export type NewApiKey = Schemas['NewApiKey']
export type ApiScope = NewApiKey['scope']
export type CreatedApiKey = Schemas['CreatedApiKey']

export type Channel = Schemas['ChannelAccount']
export type ChannelList = Schemas['ChannelAccountList']
export type NewChannel = Schemas['NewChannelAccount']
export type ChannelChange = Schemas['ChannelAccountChange']
export type ChannelTest = Schemas['ChannelTest']

export type Lead = Schemas['Lead']
export type LeadRow = Schemas['LeadRow']
export type LeadList = Schemas['LeadList']
export type NewLead = Schemas['NewLead']
export type LeadChange = Schemas['LeadChange']
export type LeadPriority = LeadRow['priority']
export type LeadOutcome = LeadRow['outcome']
export type ScoreLine = Schemas['ScorePart']
export type Pipeline = Schemas['Pipeline']
export type Student = Schemas['Student']
export type NewStudent = Schemas['NewStudent']
export type StudentChange = Schemas['StudentChange']
export type Stage = Schemas['Stage']
export type LeadField = Schemas['Field']
export type Board = Schemas['Board']
export type BoardColumn = Schemas['Column']
export type Card = Schemas['Card']
export type Timeline = Schemas['Timeline']
export type TimelineEntry = Timeline['entries'][number]
export type NewInteraction = Schemas['NewLeadInteraction']
export type Interaction = Schemas['Interaction']
export type InteractionChange = Schemas['InteractionChange']
export type InteractionKind = NewInteraction['type']
export type InteractionOutcome = NonNullable<NewInteraction['outcome']>
export type LeadBulkChanges = Schemas['LeadBulkChanges']

export type LeadSettings = Schemas['LeadSettingsView']

export type SavedView = Schemas['SavedView']
export type NewSavedView = Schemas['NewSavedView']
export type SavedViewChange = Schemas['SavedViewChange']
export type Screen = SavedView['screen']
export type SharedWith = SavedView['shared_with']

export type Task = Schemas['Task']
export type TaskList = Schemas['TaskList']
export type NewTask = Schemas['NewTask']
export type TaskChange = Schemas['TaskChange']
export type TaskCalendar = Schemas['TaskCalendar']

export type Notification = Schemas['Notification']
export type NotificationList = Schemas['NotificationList']

export type Import = Schemas['Import']
export type ImportChange = Schemas['ImportChange']
export type ImportOptions = Schemas['ImportOptions']
export type ImportErrors = Schemas['ImportErrors']
export type ImportFault = Schemas['ImportFault']

export type Vendor = Schemas['VendorView']
export type VendorInput = Schemas['VendorInput']
export type CreatedVendor = Schemas['CreatedVendor']
export type VendorRules = Schemas['Rules']
export type FieldRule = Schemas['FieldRule']
export type VendorStrategy = Vendor['strategy']
export type VendorDefaults = Schemas['VendorDefaults']
export type CheckedPost = Schemas['CheckedPost']
export type PostToCheck = Schemas['PostToCheck']
export type VendorPerformance = Schemas['Performance']
export type PortalLead = Schemas['PortalLead']
export type VendorProfile = Schemas['Profile']
export type VendorProfileChange = Schemas['ProfileChange']
