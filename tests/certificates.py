"""An authority of the tests' own and certificates that it signs, in PEM files."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_PEM, _PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
_DAY = timedelta(days=1)


class Authority:
    """Signs for two days. `file` is its own certificate."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        is_authority = x509.BasicConstraints(ca=True, path_length=None)
        signed = _about(self._name, self._name, self._key).add_extension(is_authority, critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def sign(
        self, name: str, *, address: str = "", host: str = "", expired: bool = False, password: str = ""
    ) -> tuple[Path, Path]:
        """The files of a certificate and its key, which is encrypted if a password is given."""
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(host)] if host else []
        names += [x509.IPAddress(ipaddress.ip_address(address))] if address else []
        about = _about(who, self._name, key, ago=10 if expired else 1)
        if names:
            about = about.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(about.sign(self._key, hashes.SHA256()).public_bytes(_PEM))
        kept = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(_PEM, _PKCS8, kept))
        return certificate, key_file


def _about(who: x509.Name, signer: x509.Name, key: ec.EllipticCurvePrivateKey, ago: int = 1) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - ago * _DAY
    serial = x509.random_serial_number()
    return x509.CertificateBuilder(signer, who, key.public_key(), serial, begin, begin + 3 * _DAY)
