import { AtSign, Bot, Camera, Mail, MessageCircle, MessageSquare, Phone, Send, Smartphone, Webhook, type LucideIcon } from 'lucide-react'

const ICONS: Record<string, LucideIcon> = {
  email: Mail,
  facebook: MessageCircle,
  instagram: Camera,
  whatsapp: Phone,
  twitter: AtSign,
  telegram: Send,
  zalo: MessageSquare,
  line: MessageSquare,
  viber: Phone,
  twilio: Smartphone,
  sms: Smartphone,
  chatbot: Bot,
  webhook: Webhook,
  generic: Webhook,
  phone: Phone,
}

const NAMES: Record<string, string> = {
  email: 'E-mail',
  facebook: 'Messenger',
  instagram: 'Instagram',
  whatsapp: 'WhatsApp',
  twitter: 'X',
  telegram: 'Telegram',
  zalo: 'Zalo',
  line: 'LINE',
  viber: 'Viber',
  twilio: 'SMS',
  chatbot: 'Chatbot',
  chat: 'Chat',
  webhook: 'Webhook',
  generic: 'Webhook',
  messenger: 'Messenger',
  website: 'Web',
  web: 'Web',
  manual: 'Manual',
}

export const CHANNELS = ['facebook', 'instagram', 'whatsapp', 'zalo', 'telegram', 'twitter', 'line', 'viber', 'email', 'chatbot', 'chat', 'webhook']

export const channelName = (channel: string): string => NAMES[channel] ?? channel

export function ChannelIcon({ channel, size = 14 }: { channel: string; size?: number }) {
  const Icon = ICONS[channel] ?? MessageCircle
  return <Icon size={size} aria-hidden />
}
