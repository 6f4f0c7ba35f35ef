<?php

/** The identity provider itself: what it signs, encrypts and expects follows the environment. */

$sign = getenv('SIGN') ?: 'assertion';

$metadata['__DYNAMIC:1__'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'users',

    'saml20.sign.response' => in_array($sign, ['response', 'both'], true),
    'saml20.sign.assertion' => in_array($sign, ['assertion', 'both'], true),

    // RSA-OAEP with AES-128-CBC: this version knows no other cipher for a certificate's key.
    'assertion.encryption' => getenv('ENCRYPT') === '1',

    // The same user gets the same NameID in every test, whatever format the service asks for.
    'simplesaml.nameidattribute' => 'Email',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',

    'validate.authnrequest' => getenv('REQUESTS') === 'signed',

    // Single logout: signed in both directions.
    'sign.logout' => true,
    'validate.logout' => true,
];
