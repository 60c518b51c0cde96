import { useState, type ReactNode } from 'react'
import { useLeadActions } from '@/features/leads/actions'
import type { Pipeline, Stage } from '@/lib/api/types'
import { Menu, MenuChoices } from '@/ui/menu'
import { WhyLost } from '@/ui/why-lost'

type Props = { pipeline: Pipeline; id: number; status: string; trigger: ReactNode; open?: boolean; onOpenChange?: (open: boolean) => void }

/** Every stage that a lead can go to: the way of moving that needs no mouse. */
export function MoveMenu({ pipeline, id, status, trigger, open, onOpenChange }: Props) {
  const mover = useMover(pipeline)
  const stages = pipeline.stages.filter(stage => stage.is_active || stage.key === status)
  return (
    <>
      <Menu trigger={trigger} {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
        <MenuChoices value={status} choices={stages.map(stage => ({ value: stage.key, label: stage.name }))} onChoose={to => mover.move(id, status, to)} />
      </Menu>
      {mover.dialog}
    </>
  )
}

/** Moves the leads of a pipeline; whoever loses one is asked why first. */
export function useMover(pipeline: Pipeline) {
  const { move, dialog } = useAnyMover()
  return { move: (id: number, from: string, to: string) => move(pipeline, id, from, to), dialog }
}

/** The same, where leads of several pipelines stand together. */
export function useAnyMover() {
  const { move } = useLeadActions()
  const [asked, setAsked] = useState<{ id: number; from: Stage | undefined; to: Stage; reasons: string[] } | null>(null)
  return {
    move: (pipeline: Pipeline, id: number, fromKey: string, toKey: string) => {
      const [from, to] = [fromKey, toKey].map(key => pipeline.stages.find(stage => stage.key === key))
      if (!to || from?.key === to.key) return
      if (to.kind === 'lost') setAsked({ id, from, to, reasons: pipeline.lost_reasons })
      else void move(id, to, from)
    },
    dialog: asked && (
      <WhyLost
        reasons={asked.reasons}
        onOpenChange={() => setAsked(null)}
        onSay={reason => {
          setAsked(null)
          void move(asked.id, asked.to, asked.from, reason)
        }}
      />
    ),
  }
}
