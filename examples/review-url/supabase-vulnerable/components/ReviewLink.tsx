type Props = { config: { review_url: string } };

export function ReviewLink({ config }: Props) {
  return <a href={config.review_url}>Tell others how it was</a>;
}
