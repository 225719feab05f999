/** A notice as a mail. */
export interface Email {
  fromName: string;
  to: string;
  /** The same for every try, with `<` and `>`: whoever gets it twice can tell. */
  messageId: string;
  date: Date;
  subject: string;
  text: string;
  html: string;
}

/** A notice on a telephone. */
export interface Push {
  deviceToken: string;
  /** The same for every try. */
  id: string;
  title: string;
  body: string;
}

/** Whoever carries messages for us. Asked outside of transactions, and bounded in time. */
export interface Gateway<Message> {
  /** `kept`: there is nobody to carry it; it stays where it is written. @throws DeliveryError */
  send(message: Message): Promise<'sent' | 'kept'>;
  close(): Promise<void>;
}

export type EmailGateway = Gateway<Email>;
/** Another push service is a second file like the logged one. */
export type PushGateway = Gateway<Push>;

/** `refused`: this message can never succeed. `deferred`: this one may, later. `unavailable`: none does just now. */
export class DeliveryError extends Error {
  constructor(
    readonly kind: 'refused' | 'deferred' | 'unavailable',
    message: string,
  ) {
    super(message);
  }
}
