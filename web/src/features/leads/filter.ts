import { getRouteApi } from '@tanstack/react-router'

export const leadsRoute = getRouteApi('/desk/leads')
export const boardRoute = getRouteApi('/desk/pipeline')
export const leadRoute = getRouteApi('/desk/leads/$lead')
