const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g

/** Text as written, with links that open elsewhere and learn nothing about the desk. */
export const RichText = ({ text }: { text: string }) => (
  <p className="break-words whitespace-pre-wrap">
    {text.split(LINK).map((part, index) =>
      index % 2 === 1 ? (
        <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline">
          {part}
        </a>
      ) : (
        part
      ),
    )}
  </p>
)
