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

/** Moves leads; whoever loses one is asked why first. */
export function useMover(pipeline: Pipeline) {
  const { move } = useLeadActions()
  const [asked, setAsked] = useState<{ id: number; from: Stage | undefined; to: Stage } | null>(null)
  return {
    move: (id: number, fromKey: string, toKey: string) => {
      const [from, to] = [fromKey, toKey].map(key => pipeline.stages.find(stage => stage.key === key))
      if (!to || from?.key === to.key) return
      if (to.kind === 'lost') setAsked({ id, from, to })
      else void move(id, to, from)
    },
    dialog: asked && (
      <WhyLost
        reasons={pipeline.lost_reasons}
        onOpenChange={() => setAsked(null)}
        onSay={reason => {
          setAsked(null)
          void move(asked.id, asked.to, asked.from, reason)
        }}
      />
    ),
  }
}
