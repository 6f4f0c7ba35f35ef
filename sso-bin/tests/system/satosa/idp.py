"""SATOSA between the service (`SAMLFrontend`) and nobody (`alice.Backend`); `start` sets the environment."""

import os
import secrets

from satosa.proxy_server import make_app
from satosa.satosa_config import SATOSAConfig
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from werkzeug.serving import run_simple

PORT = int(os.environ["IDP_PORT"])
DATA = os.environ["IDP_DATA"]
SIGN = os.environ.get("SIGN") or "assertion"
BASE = f"http://127.0.0.1:{PORT}"

# From SATOSA's names to those of the SAML profiles, which travel as `urn:oid:…`: unlike the
# service's default names, so the service has to be told.
ATTRIBUTES = {"givenname": "givenName", "surname": "sn", "mail": "mail", "groups": "isMemberOf"}

FRONTEND = {
    "module": "satosa.frontends.saml2.SAMLFrontend",
    "name": "Saml2IDP",
    "config": {
        "entityid_endpoint": True,
        "endpoints": {
            "single_sign_on_service": {
                BINDING_HTTP_REDIRECT: "sso/redirect",
                BINDING_HTTP_POST: "sso/post",
            },
        },
        "idp_config": {
            "entityid": f"{BASE}/Saml2IDP/proxy.xml",
            "key_file": f"{DATA}/idp.key",
            "cert_file": f"{DATA}/idp.crt",
            "metadata": {"local": [os.environ["SP_METADATA"]]},
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": []},
                    "want_authn_requests_signed": os.environ.get("REQUESTS") == "signed",
                    "policy": {
                        "default": {
                            "lifetime": {"minutes": 5},
                            "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
                            "fail_on_missing_requested": False,
                            "sign_response": SIGN in ("response", "both"),
                            "sign_assertion": SIGN in ("assertion", "both"),
                            # With the cipher of its makers' choice, which is Triple DES.
                            "encrypt_assertion": os.environ.get("ENCRYPT") == "1",
                        },
                    },
                },
            },
        },
    },
}

CONFIG = {
    "BASE": BASE,
    "COOKIE_STATE_NAME": "satosa",
    "STATE_ENCRYPTION_KEY": secrets.token_urlsafe(32),
    "CUSTOM_PLUGIN_MODULE_PATHS": [os.path.dirname(__file__)],
    "BACKEND_MODULES": [{"module": "alice.Backend", "name": "alice", "config": {}}],
    "FRONTEND_MODULES": [FRONTEND],
    "INTERNAL_ATTRIBUTES": {
        "attributes": {name: {"saml": [sent]} for name, sent in ATTRIBUTES.items()},
        "user_id_from_attrs": ["mail"],
    },
}

run_simple("127.0.0.1", PORT, make_app(SATOSAConfig(CONFIG)), threaded=True)
