# A server that lets anybody in and answers every question by one row of one column: what a question of two columns must not trust.
# Prints its port. MS-TDS: 2.2.3 packets, 2.2.6.5 PRELOGIN, 2.2.7 tokens.
import socket
import struct
import threading


def read(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def message(connection):
    while True:
        kind, status, size = struct.unpack(">BBH", read(connection, 8)[:4])
        read(connection, size - 8)
        if status & 1:
            return kind


def packet(body):
    return struct.pack(">BBHHBB", 4, 1, len(body) + 8, 51, 1, 0) + body


done = struct.pack("<BHHQ", 0xFD, 0, 0, 0)
prelogin = bytes.fromhex("00000b0006" "0100110001" "ff" "100000010000" "02")
acknowledgement = b"\x01\x74\x00\x00\x04" + b"\x01s\x00" + b"\x10\x00\x00\x01"
login = b"\xad" + struct.pack("<H", len(acknowledgement)) + acknowledgement + done
name = "x" * 100
one_column = b"\x81\x01\x00" + struct.pack("<IH", 0, 9) + b"\x26\x04" + bytes([len(name)]) + name.encode("utf-16-le") + b"\xd1\x04\x01\x00\x00\x00" + done
answers = {0x12: packet(prelogin), 0x10: packet(login)}


def converse(connection):
    try:
        while True:
            connection.sendall(answers.get(message(connection), packet(one_column)))
    except (EOFError, OSError):
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()
