import { clsx, type ClassValue } from 'clsx'

/** Joins class names. It does not resolve conflicts: a caller that overrides a base class says so with `!`. */
export const cn = (...classes: ClassValue[]): string => clsx(classes)
