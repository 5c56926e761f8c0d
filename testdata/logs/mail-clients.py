"""Clients for make-logs.sh: log-ins that work and fail, messages that arrive, bounce and are refused."""
import ftplib, imaplib, io, poplib, smtplib, socket, sys


def attempt(what):
    try:
        what()
    except Exception as error:  # refusals are the point
        print(error, file=sys.stderr)


def smtp(use):
    def run():
        client = smtplib.SMTP("127.0.0.1", 2525, timeout=10, local_hostname="client.example")
        use(client)
        client.quit()

    attempt(run)


def mail():
    text = "Subject: hi\n\nhello"
    for to in ("bob@mx.example.com", "nobody@mx.example.com", "x@elsewhere.example"):
        smtp(lambda c: c.sendmail("alice@example.org", to, text))
    smtp(lambda c: c.login("bob", "wrong"))
    for to in ("bob@mx.example.com", "x@unresolvable.invalid"):
        smtp(lambda c: (c.login("bob", "secret"), c.sendmail("bob@mx.example.com", to, text)))
    plain = socket.create_connection(("127.0.0.1", 2525))
    plain.recv(100), plain.send(b"GET / HTTP/1.1\r\n\r\n"), plain.recv(200), plain.close()
    for user, password in (("bob", "secret"), ("bob", "wrong"), ("nosuch", "x")):
        imap = imaplib.IMAP4("127.0.0.1", 2143)
        attempt(lambda: (imap.login(user, password), imap.select(), imap.logout()))
        pop = poplib.POP3("127.0.0.1", 2110)
        attempt(lambda: (pop.user(user), pop.pass_(password), pop.stat(), pop.quit()))
    socket.create_connection(("127.0.0.1", 2143)).recv(200)


def ftp(port):
    def session(user, password):
        client = ftplib.FTP()
        client.connect("127.0.0.1", port, timeout=10)
        client.login(user, password)
        if user == "bob":
            client.storbinary("STOR up.txt", io.BytesIO(b"hello" * 100))
            client.retrbinary("RETR up.txt", lambda _: 0)
            client.mkd("d"), client.rename("up.txt", "new name.txt"), client.delete("new name.txt"), client.rmd("d")
            attempt(lambda: client.retrbinary("RETR nosuch", lambda _: 0))
        client.quit()

    for login in (("bob", "secret"), ("bob", "wrong"), ("nosuch", "x"), ("anonymous", "me@x")):
        attempt(lambda: session(*login))


mail() if sys.argv[1] == "mail" else ftp(int(sys.argv[1]))
