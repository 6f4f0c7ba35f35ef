"""A back end without a login page: whoever comes is alice."""

from datetime import datetime, timezone

from satosa.backends.base import BackendModule
from satosa.internal import AuthenticationInformation, InternalData
from saml2.saml import AUTHN_PASSWORD_PROTECTED, NAMEID_FORMAT_EMAILADDRESS


class Backend(BackendModule):
    def __init__(self, outgoing, internal_attributes, config, base_url, name):
        super().__init__(outgoing, internal_attributes, base_url, name)

    def start_auth(self, context, internal_req):
        alice = InternalData(
            auth_info=AuthenticationInformation(
                auth_class_ref=AUTHN_PASSWORD_PROTECTED,
                timestamp=datetime.now(timezone.utc).timestamp(),
                issuer=self.name,
            ),
            subject_id="alice@example.com",
            subject_type=NAMEID_FORMAT_EMAILADDRESS,
            attributes={
                "givenname": ["Alice"],
                "surname": ["Example"],
                "mail": ["alice@example.com"],
                "groups": ["staff", "editors"],
            },
        )
        return self.auth_callback_func(context, alice)

    def register_endpoints(self):
        return []
