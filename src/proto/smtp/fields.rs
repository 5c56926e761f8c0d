//! Fields of SMTP events.

crate::fields! {
    pub FIELDS;
    BANNER: Keyword, "smtp.banner", "What the server greets with.";
    HELLO: Keyword, "smtp.helo", "Name by which the client introduces itself.";
    ARGUMENT: Wildcard, "smtp.argument", "What follows the command word; never a credential.";
    CODE: Long, "smtp.reply.code", "Code of the reply, 200 to 599.";
    TEXT: Text, "smtp.reply.text", "Text of the reply, its lines joined.";
    MAIL_FROM: Keyword, "smtp.mail_from", "Address of the envelope's sender; `<>` for a bounce.";
    RCPT_TO: Keyword, "smtp.rcpt_to", "Recipients of the envelope that the server accepted.";
    REFUSED: Keyword, "smtp.rcpt_refused", "Recipients that it did not.";
    SIZE: Long, "smtp.size", "Bytes of the mail, head and body.";
}
