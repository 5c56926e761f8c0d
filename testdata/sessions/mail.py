"""A session of mail with the server 10.69.0.1: sending, refusals, reading over IMAP and POP3, wrong passwords."""
import email.message
import imaplib
import poplib
import smtplib
import time

SERVER = "10.69.0.1"


def refused(call, *arguments):
    """What is asked for in order to be refused."""
    try:
        call(*arguments)
    except (smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto):
        pass


def letter(subject):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "alice@example.net", "bob@example.org", subject
    message["Message-ID"], message["Date"] = f"<{len(subject)}@example.net>", "Sat, 21 Nov 2026 09:00:00 +0000"
    message.set_content("The figures are enclosed.\n.\nA line that begins with a dot is above.\n")
    message.add_attachment(b"quarter,sum\n1,100\n2,250\n", maintype="text", subtype="csv", filename="figures.csv")
    return message


with smtplib.SMTP(SERVER, local_hostname="pc.example.net") as server:
    server.send_message(letter("Figures"))
    refused(server.sendmail, "alice@example.net", ["eve@elsewhere.example"], "Subject: relay\r\n\r\nno")
    server.verify("bob")
    refused(server.login, "bob", "wrong")
with smtplib.SMTP(SERVER, local_hostname="pc.example.net") as server:
    server.login("bob", "secret")
    server.send_message(letter("More figures"), "bob@example.org", ["bob@example.org", "nobody@example.org"])
time.sleep(2)

with imaplib.IMAP4(SERVER) as server:
    refused(server.login, "bob", "wrong")
with imaplib.IMAP4(SERVER) as server:
    server.login("bob", "secret")
    server.list()
    refused(server.select, "Nowhere")
    server.select("INBOX")
    server.search(None, "UNSEEN")
    server.fetch("1", "(RFC822)")
    server.store("1", "+FLAGS", "\\Flagged")
    server.create("Archive")
    server.copy("1", "Archive")

server = poplib.POP3(SERVER)
server.user("bob")
refused(server.pass_, "wrong")
server.quit()
server = poplib.POP3(SERVER)
server.user("bob")
server.pass_("secret")
server.stat()
server.list()
server.retr(1)
refused(server.retr, 99)
server.dele(2)
server.quit()
