# Stands between a client that asks for encryption and a server that would give it: PORT WAY COUNT_FILE; prints its own port.
# The client's wish in PRELOGIN becomes "the login only". WAY: "plain" passes on what the server says, "disguised" gives the first answer behind
# the login the type of a TLS record, "silent" keeps that answer back. COUNT_FILE gets a line for each request that goes by in clear text.
import contextlib
import socket
import sys
import threading

port, way, count_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
BATCH, PRELOGIN, ANSWER, APPLICATION_DATA = 1, 0x12, 4, 0x17


def downgraded(packet):
    packet, at = bytearray(packet), 8
    while packet[at] != 0xFF:
        if packet[at] == 1:  # ENCRYPTION
            packet[8 + (packet[at + 1] << 8 | packet[at + 2])] = 0
        at += 5
    return bytes(packet)


def end(connection):
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def relay(client):
    server = socket.create_connection(("127.0.0.1", port))
    seen = []

    def to_server():
        first = True
        while data := client.recv(65536):
            if first:
                data, first = downgraded(data), False
            elif data[0] == BATCH:
                seen.append(data)
                with open(count_file, "a") as out:
                    text = data[30:].decode("utf-16-le", "replace").replace("\n", " ")
                    out.write(text + "\n")
            server.sendall(data)
        end(server)

    def to_client():
        while data := server.recv(65536):
            if data[0] == ANSWER and any(b"@\0@\0S\0P\0I\0D" in one for one in seen):
                if way == "silent":
                    continue
                if way == "disguised":
                    data = bytes([APPLICATION_DATA]) + data[1:]
            client.sendall(data)
        end(client)

    threading.Thread(target=to_server, daemon=True).start()
    threading.Thread(target=to_client, daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    relay(listener.accept()[0])
