"""Wakes phones through Firebase Cloud Messaging (HTTP v1), with the service account of the installation."""

import threading
from pathlib import Path
from typing import Any

import orjson
from pyfcm import FCMNotification
from pyfcm.errors import FCMNotRegisteredError, FCMSenderIdMismatchError

from domain.errors import Unavailable

TIMEOUT_SECONDS = 10
_UNKNOWN = (FCMNotRegisteredError, FCMSenderIdMismatchError)


class FcmPush:
    """`url` replaces Google's address. Thread-safe; the account is read and a token fetched with the first push."""

    def __init__(self, service_account: Path, url: str = "") -> None:
        self._service_account = service_account
        self._url = url
        self._client: Any = None
        self._lock = threading.Lock()

    def sync(self, token: str) -> bool:
        """Tell a phone to sync. False: the token is not (or no longer) one of this account. Raises Unavailable."""
        try:
            self._connected().notify(
                fcm_token=token,
                data_payload={"msg": "sync"},
                android_config={"priority": "high", "collapse_key": "sync"},
                timeout=TIMEOUT_SECONDS,
            )
        except _UNKNOWN:
            return False
        except Exception as error:  # the library lets through whatever its own libraries raise
            raise Unavailable(f"FCM can't be reached: {type(error).__name__}: {str(error)[:300]}") from error
        return True

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                project = str(orjson.loads(self._service_account.read_bytes())["project_id"])
                client = FCMNotification(service_account_file=str(self._service_account), project_id=project)
                if self._url:
                    client._fcm_end_point = f"{self._url}/v1/projects/{project}/messages:send"
                self._client = client
            return self._client
