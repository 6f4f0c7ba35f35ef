//! What is refused, and what the answer tells of it.

use super::*;

#[test]
fn enc_02_03_15_refuses_other_algorithms_by_name() {
    let gcm = Cipher::Aes256Gcm.uri();
    let ciphers = [
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
        "http://www.w3.org/2009/xmlenc11#aes192-gcm",
        "http://www.w3.org/2009/xmlenc11#AES256-GCM",
        "",
    ];
    for cipher in ciphers {
        assert_eq!(
            refusal(&sample().replace(gcm, cipher)).code(),
            "enc.alg",
            "{cipher}"
        );
    }
    let transports = [
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        "http://www.w3.org/2001/04/xmlenc#kw-aes256",
        "",
    ];
    for transport in transports {
        let xml = sample().replace(Oaep::MGF1P, transport);
        assert_eq!(refusal(&xml).code(), "enc.alg", "{transport}");
    }
}

#[test]
fn enc_04_refuses_other_hash_functions_masks_and_labels() {
    let sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    let xml = sample().replace(Hash::Sha1.digest_uri(), sha512);
    assert_eq!(refusal(&xml).code(), "enc.alg");

    let both = Oaep {
        digest: Hash::Sha256,
        mask: Hash::Sha256,
    };
    let masked = Encryption::to(&RSA.certificate)
        .with_oaep(both)
        .assertion(PLAINTEXT);
    let xml = masked.replace(
        Hash::Sha256.mask_uri(),
        "http://www.w3.org/2009/xmlenc11#mgf1sha512",
    );
    assert_eq!(refusal(&xml).code(), "enc.alg");
    assert_eq!(
        refusal(&masked.replace(Oaep::ANY_MASK, Oaep::MGF1P)).code(),
        "enc.malformed"
    );

    let labelled = |label: &str| {
        let label = format!("<xenc:OAEPparams>{label}</xenc:OAEPparams><ds:DigestMethod");
        sample().replace("<ds:DigestMethod", &label)
    };
    assert_eq!(refusal(&labelled("eA==")).code(), "enc.malformed");
    assert!(decrypt_with(&labelled(""), &OURS, &STRICT).is_ok());
}

#[test]
fn a_mask_that_is_not_named_is_sha_1() {
    let xml = sample().replace(Oaep::MGF1P, Oaep::ANY_MASK);
    assert!(decrypt_with(&xml, &OURS, &STRICT).is_ok());
}

#[test]
fn a_key_that_we_cannot_unwrap_anyway_does_not_hide_ours() {
    let xml = Encryption::to(&OTHER_RSA.certificate)
        .and_to(&RSA.certificate)
        .assertion(PLAINTEXT);
    let xml = xml.replacen(Oaep::MGF1P, "http://www.w3.org/2001/04/xmlenc#rsa-1_5", 1);
    assert!(decrypt_with(&xml, &OURS, &STRICT).is_ok());
}

#[test]
fn enc_02_whatever_byte_is_changed_the_answer_is_the_same() {
    let (before, value, after) = last_cipher_value(&sample());
    let octets = base64::decode(&value).unwrap();
    for index in [
        0,
        11,
        12,
        octets.len() / 2,
        octets.len() - 16,
        octets.len() - 1,
    ] {
        let mut changed = octets.clone();
        changed[index] ^= 1;
        let xml = [before.as_str(), &base64::encode(&changed), &after].concat();
        assert_eq!(refusal(&xml), EncryptionError::Failed, "{index}");
    }
}

#[test]
fn enc_02_a_changed_key_is_answered_like_a_changed_text() {
    let xml = sample();
    let start = xml.find("<xenc:CipherValue>").unwrap() + 40;
    for letter in ["A", "B", "C"] {
        let changed = [&xml[..start], letter, &xml[start + 1..]].concat();
        if changed != xml {
            assert_eq!(refusal(&changed), EncryptionError::Failed);
        }
    }
}

#[test]
fn enc_05_refuses_ciphertexts_of_impossible_length() {
    for length in [0, 1, 12, 28] {
        assert_eq!(
            refusal(&with_octets(&sample(), length)).code(),
            "enc.malformed",
            "{length}"
        );
    }
    assert_eq!(
        refusal(&with_octets(&sample(), 29)),
        EncryptionError::Failed
    );

    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    let cbc = Encryption::to(&RSA.certificate)
        .with_cipher(Cipher::Aes256Cbc)
        .assertion(PLAINTEXT);
    for length in [0, 16, 31, 33] {
        let refused = decrypt_with(&with_octets(&cbc, length), &OURS, &allowed);
        assert_eq!(refused.unwrap_err().code(), "enc.malformed", "{length}");
    }
}

#[test]
fn enc_05_refuses_keys_of_impossible_length() {
    let with = |length: usize| {
        let xml = sample();
        let (start, end) = value_place(&xml, xml.find("<xenc:CipherValue>").unwrap());
        [
            &xml[..start],
            &base64::encode(&vec![7; length]),
            &xml[end..],
        ]
        .concat()
    };
    assert_eq!(refusal(&with(0)).code(), "enc.malformed");
    assert_eq!(refusal(&with(1025)).code(), "enc.malformed");
    for length in [1, 255, 256, 257, 1024] {
        assert_eq!(refusal(&with(length)), EncryptionError::Failed, "{length}");
    }
}

#[test]
fn enc_06_follows_no_reference() {
    let reference = r#"<xenc:CipherReference URI="http://169.254.169.254/"/>"#;
    let (before, _, after) = last_cipher_value(&sample());
    let xml = [before, after]
        .concat()
        .replace("<xenc:CipherValue></xenc:CipherValue>", reference);
    assert_eq!(
        refusal(&xml),
        EncryptionError::Reference {
            found: "http://169.254.169.254/".into()
        }
    );
}

#[test]
fn key_16_a_key_is_retrieved_from_beside_the_content_only() {
    let xml = Encryption::to(&RSA.certificate)
        .with_key_at(KeyPlace::Referred)
        .assertion(PLAINTEXT);
    for uri in [
        "",
        "#",
        "#_key1",
        "_key0",
        "https://evil.example/#_key0",
        "#xpointer(id('_key0'))",
    ] {
        let xml = xml.replace("#_key0", uri);
        assert_eq!(
            refusal(&xml),
            EncryptionError::Reference { found: uri.into() }
        );
    }
    let transformed = xml.replace(
        "URI=\"#_key0\"/>",
        "URI=\"#_key0\"><ds:Transforms/></ds:RetrievalMethod>",
    );
    assert_eq!(refusal(&transformed).code(), "enc.reference");
}

#[test]
fn refuses_what_lacks_a_part_or_has_one_too_many() {
    let parts = [
        ("<xenc:EncryptedData ", "<xenc:Other "),
        ("<xenc:CipherValue>", "<xenc:CipherValue><a/>"),
        ("#Element\"", "#Content\""),
        ("<xenc:EncryptedKey ", "<saml:Advice/><xenc:EncryptedKey "),
    ];
    let xml = Encryption::to(&RSA.certificate)
        .with_key_at(KeyPlace::Beside)
        .assertion(PLAINTEXT);
    for (part, other) in parts {
        let changed = xml.replace(part, other).replace(
            "</xenc:EncryptedData",
            match part {
                "<xenc:EncryptedData " => "</xenc:Other",
                _ => "</xenc:EncryptedData",
            },
        );
        assert_eq!(refusal(&changed).code(), "enc.malformed", "{part}");
    }
    let twice = xml.replace("<xenc:CipherData>", "<xenc:CipherData/><xenc:CipherData>");
    assert_eq!(refusal(&twice).code(), "enc.malformed");
    assert_eq!(
        refusal(&format!("<a xmlns=\"{SAML}\"/>")).code(),
        "enc.malformed"
    );
}

#[test]
fn four_encrypted_keys_are_tried_and_five_refused() {
    let with = |others: usize| {
        let encryption = Encryption::to(&RSA.certificate);
        let others = (0..others).map(|_| &OTHER_RSA.certificate);
        others
            .fold(encryption, Encryption::and_to)
            .assertion(PLAINTEXT)
    };
    assert!(decrypt_with(&with(3), &OURS, &STRICT).is_ok());
    assert_eq!(
        refusal(&with(4)),
        EncryptionError::TooManyKeys { found: 5, max: 4 }
    );
}

#[test]
fn without_a_key_of_ours_the_answer_says_so() {
    assert_eq!(
        decrypt_with(&sample(), &[], &STRICT).unwrap_err(),
        EncryptionError::NoKey
    );
}
