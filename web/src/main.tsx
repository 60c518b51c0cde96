import '@/app.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '@/app/app'
import { firstLocale, setLocale } from '@/lib/i18n'
import { watchTheme } from '@/lib/theme'

watchTheme()
await setLocale(firstLocale())
const root = document.getElementById('root')
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>)
