<?php

/** The service, read from its own metadata as an administrator would do it. */

use SimpleSAML\Metadata\SAMLParser;

$service = SAMLParser::parseFile(getenv('SP_METADATA'))->getMetadata20SP();

// The test says what is signed, even if the service asks for signed assertions.
unset($service['saml20.sign.assertion']);

$metadata[$service['entityid']] = $service;
