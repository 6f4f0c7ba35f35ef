<?php

/** SimpleSAMLphp on loopback; `start` sets the environment. What is not here has its default. */

$data = getenv('IDP_DATA');

$config = [
    'baseurlpath' => 'http://127.0.0.1:' . getenv('IDP_PORT') . '/',
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'exampleauth' => true, 'saml' => true],

    'metadata.sources' => [
        ['type' => 'flatfile', 'directory' => dirname(__DIR__) . '/metadata'],
    ],

    'certdir' => $data,
    'datadir' => $data,
    'loggingdir' => $data,
    'tempdir' => "$data/tmp",
    'session.phpsession.savepath' => "$data/sessions",

    // Nobody but the test reaches this port, and nobody administers it.
    'secretsalt' => 'not a secret: loopback only, for one test',
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'admin.checkforupdates' => false,
    'timezone' => 'UTC',

    // Plain HTTP: a browser would not send `Secure` cookies back.
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,

    // To standard error, which the test keeps.
    'logging.handler' => 'errorlog',
    'logging.level' => SimpleSAML\Logger::INFO,
    'showerrors' => true,
    'errorreporting' => false,
];
