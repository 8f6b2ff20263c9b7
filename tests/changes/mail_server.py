"""A mail server on loopback that answers as a test wants it to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it accepted in ``mails``; ``answers`` has what it says to a verb instead of 250.

    The answer "" to a verb ends the conversation without a word.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: dict[str, str] = {}
        self.mails: list[EmailMessage] = []


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            answer = self.server.answers.get(verb, "221 bye" if verb == "QUIT" else "250 fine")
            if verb == "DATA" and answer == "250 fine":
                self.say("354 go on")
                answer = self.take()
            if not answer:
                return
            self.say(answer)
            if verb == "QUIT":
                return

    def take(self) -> str:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        answer = self.server.answers.get("END", "250 accepted")
        if answer.startswith("250") or not answer:
            made: Any = message_from_bytes(b"".join(lines), policy=policy.default)
            self.server.mails.append(made)
        return answer

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def run_mail_server() -> Iterator[MailServer]:
    """A server that runs for as long as the block does."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server
        server.shutdown()
