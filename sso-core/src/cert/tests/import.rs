//! Files that strangers made.

use super::*;

#[test]
fn a_certificate_and_its_key_are_found_in_any_order_and_in_two_files() {
    let root = root("Root");
    let (leaf, key) = server(&root);
    let all = [key.serialize_pem(), pem(&der(&root)), pem(&leaf)].concat();
    let one = Material::read(all.as_bytes(), None).unwrap();
    let two = Material::read(leaf.as_ref(), None)
        .unwrap()
        .join(Material::read(key.serialized_der(), None).unwrap());
    for material in [one, two] {
        let candidate = material.pair().unwrap();
        assert_eq!(candidate.chain().certificates, std::slice::from_ref(&leaf));
        assert_eq!(candidate.certificate_pem(), pem(&leaf));
        assert!(private_key(&candidate.key_pem()).is_ok());
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let root = root("Root");
    let ((leaf, _), (_, other)) = (server(&root), server(&root));
    let text = [other.serialize_pem(), pem(&leaf)].concat();
    let refused = Material::read(text.as_bytes(), None).unwrap().pair();
    assert_eq!(refused.unwrap_err(), ImportError::NotAPair);
}

#[test]
fn what_is_missing_or_ambiguous_is_said() {
    let root = root("Root");
    let ((one, one_key), (two, two_key)) = (server(&root), server(&root));
    let refused = |texts: &[String]| {
        let material = Material::read(texts.concat().as_bytes(), None).unwrap();
        material.pair().unwrap_err()
    };
    let (keys, certificates) = (
        [one_key, two_key].map(|it| it.serialize_pem()),
        [pem(&one), pem(&two)],
    );
    assert_eq!(refused(&certificates), ImportError::NoPrivateKey);
    assert_eq!(refused(&keys), ImportError::NoCertificate);
    let all = [keys.concat(), certificates.concat()];
    assert_eq!(refused(&all), ImportError::SeveralPairs);
}

#[test]
fn of_two_certificates_for_a_key_the_one_that_is_valid_longer_is_meant() {
    let root = root("Root");
    let (old, key) = server(&root);
    let mut params = CertificateParams::new(["sso.example.com".to_owned()]).unwrap();
    validity(&mut params, NOW, NOW.later(days(91)));
    let new = params.signed_by(&key, &root).unwrap().der().clone();
    let text = [key.serialize_pem(), pem(&old), pem(&new)].concat();
    let candidate = Material::read(text.as_bytes(), None)
        .unwrap()
        .pair()
        .unwrap();
    assert_eq!(candidate.chain().certificates, [new]);
    assert_eq!(candidate.chain().unused, [old]);
}

#[test]
fn damaged_files_are_refused_in_words_and_quote_nothing() {
    let key = key().serialize_pem();
    let cut = key.split("-----END").next().unwrap();
    let odd = key.replace("MIG", "M*G");
    for (text, reason) in [
        (cut, "an END line is missing"),
        (odd.as_str(), "a PEM section is not base64"),
        (
            "-----BEGIN X\n-----END X-----\n",
            "a BEGIN line is malformed",
        ),
        (
            "-----BEGIN X-----\n-----END Y-----\n",
            "an END line does not fit its BEGIN",
        ),
    ] {
        let refused = Material::read(text.as_bytes(), None).unwrap_err();
        assert_eq!(refused.to_string(), format!("it is damaged: {reason}"));
    }
    for (file, expected) in [
        (&b""[..], ImportError::UnknownForm),
        (b"hello", ImportError::UnknownForm),
        (&[0xff, 0xfe], ImportError::UnknownForm),
        (&[0x30, 0x03, 0x02, 0x01, 0x05], ImportError::UnknownForm),
        (b"-----BEGIN X-----\n-----END X-----\n", ImportError::Empty),
    ] {
        assert_eq!(Material::read(file, None).unwrap_err(), expected);
    }
}

#[test]
fn a_file_may_have_256_kib_and_200_certificates() {
    let most = 256 * 1024;
    let file = |length: usize| vec![b' '; length];
    assert_eq!(
        Material::read(&file(most), None).unwrap_err(),
        ImportError::UnknownForm
    );
    let refused = Material::read(&file(most + 1), None).unwrap_err();
    assert_eq!(refused, ImportError::TooLarge { bytes: most + 1 });
    let many =
        |count| "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".repeat(count);
    assert!(Material::read(many(200).as_bytes(), None).is_ok());
    let refused = Material::read(many(201).as_bytes(), None).unwrap_err();
    assert_eq!(refused, ImportError::TooMany);
}

#[test]
fn a_keystore_that_claims_more_than_it_has_is_cut_off() {
    let magic = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    let claims: [&[u8]; 4] = [
        &[0xff, 0xff, 0xff, 0xff],
        &[0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff],
        &[
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
        ],
        &[],
    ];
    for claim in claims {
        let refused = Material::read(&[&magic, claim].concat(), Some("changeit")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "it is damaged: the keystore is cut off"
        );
    }
}

#[test]
fn deeply_nested_structures_are_refused() {
    let mut nested = Vec::new();
    for _ in 0..60_000 {
        let length = u32::try_from(nested.len()).unwrap().to_be_bytes();
        nested = match nested.len() {
            0 => vec![0x30, 0],
            _ if nested.len() > 250_000 => break,
            _ => [&[0x30, 0x84], length.as_slice(), &nested].concat(),
        };
    }
    assert!(Material::read(&nested, Some("x")).is_err());
    let archive = [
        &[0x30, 0x83, 0x03, 0xd0, 0x93, 0x02, 0x01, 0x03],
        nested.as_slice(),
    ]
    .concat();
    assert!(Material::read(&archive, Some("x")).is_err());
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    key::pem("CERTIFICATE", certificate).as_str().to_owned()
}
