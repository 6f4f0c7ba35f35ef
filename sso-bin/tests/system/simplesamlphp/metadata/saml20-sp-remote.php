<?php

/** The service, read from its own metadata as an administrator would do it. */

use SimpleSAML\Metadata\SAMLParser;

$service = SAMLParser::parseFile(getenv('SP_METADATA'))->getMetadata20SP();

// The test says what is signed, whatever the service asks for and announces.
unset($service['saml20.sign.assertion'], $service['validate.authnrequest']);

$metadata[$service['entityid']] = $service;
