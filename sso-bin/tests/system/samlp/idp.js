// An identity provider that signs everybody in as alice, as well or as badly as its query says:
//
//   /metadata?QUERY  its metadata; the address for requests in it carries the same query
//   /sso?QUERY       answers a request, or sends an unsolicited response if there is none
//
//   sign=response | assertion | both | none    default: assertion
//   encrypt=aes128-gcm | aes256-gcm | aes256-cbc
//   outer=1          signs the response, encrypts the assertion, and declares the prefix `saml`
//                    on the response only
//   sha1=1           signs with SHA-1
//   audience=…       for another service
//   expired=1        made twenty minutes ago, for five minutes
//   issuer=…         in the name of another identity provider
//   relay=…          the RelayState of an unsolicited response
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const express = require('express');
const moment = require('moment');
const samlp = require('samlp');
const xpath = require('xpath');
const { DOMParser } = require('@xmldom/xmldom');
const { SignedXml } = require('xml-crypto');
const { encrypt } = require('xml-encryption');

const port = Number(process.env.IDP_PORT);
const base = `http://127.0.0.1:${port}`;
const key = fs.readFileSync(path.join(process.env.IDP_DATA, 'idp.key'));
const cert = fs.readFileSync(path.join(process.env.IDP_DATA, 'idp.crt'));

const alice = {
  First: 'Alice',
  Last: 'Example',
  Email: 'alice@example.com',
  Groups: ['staff', 'editors'],
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.get('/metadata', (req, res) => {
  res.type('application/samlmetadata+xml').send(metadata(query(req)));
});
app.all('/sso', (req, res, next) => {
  // `samlp` takes the times of an assertion from here, before it waits for anything.
  moment.now = () => Date.now() - (req.query.expired ? 20 * 60 * 1000 : 0);
  samlp.auth(options(req.query, readService(requested(req))))(req, res, next);
});
app.listen(port, '127.0.0.1');

function options(wish, service) {
  const sign = wish.outer ? 'none' : wish.sign || 'assertion';
  return {
    issuer: wish.issuer || `${base}/metadata`,
    key,
    cert,
    audience: wish.audience || service.entityId,
    recipient: service.consumer,
    destination: service.consumer,
    getPostURL: (audience, request, req, done) => done(null, service.consumer),
    getUserFromRequest: () => alice,
    profileMapper,
    RelayState: wish.relay,
    sessionIndex: `_${Date.now()}`,
    lifetimeInSeconds: 300,
    signResponse: sign === 'response' || sign === 'both',
    signAssertion: sign === 'assertion' || sign === 'both',
    signatureAlgorithm: wish.sha1 ? 'rsa-sha1' : 'rsa-sha256',
    digestAlgorithm: wish.sha1 ? 'sha1' : 'sha256',
    encryptionCert: wish.encrypt && service.certificate,
    encryptionPublicKey: wish.encrypt && service.certificate,
    encryptionAlgorithm: cipher(wish.encrypt),
    disallowEncryptionWithInsecureAlgorithm: false,
    responseHandler: wish.outer && ((response, opts, req, res, next) => {
      declareOutside(response.toString(), service, (error, xml) => {
        if (error) return next(error);
        res.type('html').send(form(service.consumer, xml, req));
      });
    }),
  };
}

function profileMapper(user) {
  return {
    getClaims: () => user,
    getNameIdentifier: () => ({
      nameIdentifier: user.Email,
      nameIdentifierFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    }),
  };
}

function cipher(name = 'aes256-gcm') {
  const suite = name.endsWith('-gcm') ? '2009/xmlenc11' : '2001/04/xmlenc';
  return `http://www.w3.org/${suite}#${name}`;
}

// The decrypted text is no document by itself: XML Encryption 4.3 has it read where it stood.
function declareOutside(response, service, done) {
  const declaration = ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
  const outer = response
    .replaceAll(declaration, '')
    .replace('<samlp:Response', `<samlp:Response${declaration}`);
  const assertion = outer.match(/<saml:Assertion.*<\/saml:Assertion>/s)[0];
  const wish = {
    rsa_pub: service.certificate,
    pem: service.certificate,
    encryptionAlgorithm: cipher(),
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  };
  encrypt(assertion, wish, (error, data) => {
    if (error) return done(error);
    const encrypted = `<saml:EncryptedAssertion>${data}</saml:EncryptedAssertion>`;
    done(null, signed(outer.replace(assertion, encrypted)));
  });
}

function signed(response) {
  const signature = new SignedXml(null, {
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  });
  signature.signingKey = key;
  signature.addReference(
    "//*[local-name(.)='Response']",
    [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
    'http://www.w3.org/2001/04/xmlenc#sha256',
  );
  signature.computeSignature(response, {
    location: { reference: "//*[local-name(.)='Issuer']", action: 'after' },
  });
  return signature.getSignedXml();
}

function form(consumer, xml, req) {
  const relay = req.query.relay || req.query.RelayState || req.body.RelayState || '';
  return `<html><body onload="document.forms[0].submit()"><form method="post" action="${escape(consumer)}">
<input type="hidden" name="SAMLResponse" value="${Buffer.from(xml).toString('base64')}">
<input type="hidden" name="RelayState" value="${escape(relay)}">
</form></body></html>`;
}

function metadata(search) {
  const body = cert.toString().replace(/-----[A-Z ]+-----|\s/g, '');
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${base}/metadata">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:X509Data><ds:X509Certificate>${body}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${escape(base + '/sso' + search)}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`;
}

// The address that a request wants its answer at; a service may have several.
function requested(req) {
  const message = Buffer.from(req.query.SAMLRequest || req.body?.SAMLRequest || '', 'base64');
  if (message.length === 0) return undefined;
  const xml = req.query.SAMLRequest ? zlib.inflateRawSync(message) : message;
  const request = new DOMParser().parseFromString(xml.toString()).documentElement;
  return request.getAttribute('AssertionConsumerServiceURL');
}

function readService(wanted) {
  const text = fs.readFileSync(process.env.SP_METADATA, 'utf8');
  const document = new DOMParser().parseFromString(text);
  const select = xpath.useNamespaces({
    md: 'urn:oasis:names:tc:SAML:2.0:metadata',
    ds: 'http://www.w3.org/2000/09/xmldsig#',
  });
  const certificate = select(
    "string(//md:KeyDescriptor[not(@use='signing')]//ds:X509Certificate)",
    document,
  );
  const consumers = select('//md:AssertionConsumerService/@Location', document).map((it) => it.value);
  return {
    entityId: select('string(/md:EntityDescriptor/@entityID)', document),
    consumer: consumers.includes(wanted) ? wanted : consumers[0],
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.replace(/\s/g, '').match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function query(req) {
  const start = req.originalUrl.indexOf('?');
  return start < 0 ? '' : req.originalUrl.slice(start);
}

function escape(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
