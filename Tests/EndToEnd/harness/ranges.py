"""Address ranges of the loopback network, leased so that runs on one machine never share one."""

import socket


class AddressRange:
    """One 127.0.N.0/24, held until `release` or the end of this process."""

    def __init__(self):
        for number in range(40, 100):
            lease = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                lease.bind(f"\0hanse-end-to-end-127.0.{number}")
            except OSError:
                lease.close()
                continue
            self.number = number
            self._lease = lease
            return
        raise RuntimeError("every range from 127.0.40.0/24 to 127.0.99.0/24 is in use")

    @property
    def cidr(self):
        return f"127.0.{self.number}.0/24"

    def address(self, host):
        return f"127.0.{self.number}.{host}"

    def release(self):
        self._lease.close()
