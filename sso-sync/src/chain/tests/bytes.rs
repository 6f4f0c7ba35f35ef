//! The bytes of every action: changing them is a visible decision.

use std::fmt::Write as _;

use super::accepts::{announced, judged, policy, without};
use super::*;
use crate::cbor;

#[test]
fn the_bytes_of_every_action_are_the_documented_ones() {
    let member = || keys(1).member("server-1");
    let id = keys(1).id();
    let epoch =
        || EpochStart::from_parts(2, &epoch_key(2), vec![0xaa], vec![wrap(2), wrap(1)]).unwrap();
    let program = || String::from("1.0.0");
    let actions = [
        Action::Genesis {
            name: "example".into(),
            salt: NO_DIGEST,
            administrator: keys(ADMINISTRATOR).member("a@example.com"),
            policy: Policy::window(1, "1.0.0", "1.1.0"),
            epoch: epoch(),
        },
        Action::AdministratorAdded {
            member: member(),
            permissions: Permissions::ALL,
            wrap: wrap(1),
        },
        Action::AdministratorRevoked {
            member: id,
            epoch: epoch(),
        },
        Action::NodeAdded {
            member: member(),
            program: program(),
            wrap: wrap(1),
        },
        Action::NodeRevoked {
            member: id,
            epoch: epoch(),
        },
        Action::EpochStarted { epoch: epoch() },
        Action::ConfigurationRevised {
            revision: Revision {
                number: 3,
                restores: 1,
                epoch: 2,
                schema: 1,
                sealed: vec![0xbb],
            },
        },
        policy(Policy::pinned(2, "1.1.0")),
        Action::NodeUpdated { program: program() },
        Action::TokenMinted {
            member: member(),
            expires: NOON,
            wrap: wrap(1),
        },
        Action::TokenWithdrawn { member: id },
        announced(NOON),
        Action::DeletionCancelled,
        Action::DeletionConfirmed { announced: 7 },
        judged(NO_DIGEST),
        without(Policy::pinned(2, "1.1.0"), vec![id]),
        Action::NodeRetired {
            member: id,
            epoch: epoch(),
            farewell: Farewell::from_bytes(vec![0xee; 2]),
        },
    ];
    let written = actions.iter().fold(String::new(), |mut text, action| {
        let bytes = cbor::encode(action);
        assert_eq!(cbor::decode::<Action>(&bytes).as_ref(), Ok(action));
        let _ = writeln!(text, "{}: {}", action.name(), hex(&bytes));
        text
    });
    insta::assert_snapshot!(written, @r#"
genesis: 8600676578616d706c6558200000000000000000000000000000000000000000000000000000000000000000836d61406578616d706c652e636f6d5820d62f016a1efd1e4fdf793eb42cd84471e1ba9f0cf04d1287b5cc71f616287cb85820fb41b1fcf75c1227fa08876056a5ed07ac44fe0c116ec2de80b8e523959d7824830165312e302e3065312e312e308402582028cabcda478a96609f08ca9099354f730cfc9d2c5cc843e5dc95667d085be24841aa8284505e63db4760bb4d132ef39818c90525df0142cccc43dddddd845076a30d0108b6b0c78f0bfcf2a4332d3a0142cccc43dddddd
administrator-added: 840183687365727665722d3158208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c5820a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a2090384505e63db4760bb4d132ef39818c90525df0142cccc43dddddd
administrator-revoked: 8302505e63db4760bb4d132ef39818c90525df8402582028cabcda478a96609f08ca9099354f730cfc9d2c5cc843e5dc95667d085be24841aa8284505e63db4760bb4d132ef39818c90525df0142cccc43dddddd845076a30d0108b6b0c78f0bfcf2a4332d3a0142cccc43dddddd
node-added: 840383687365727665722d3158208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c5820a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a20965312e302e3084505e63db4760bb4d132ef39818c90525df0142cccc43dddddd
node-revoked: 8304505e63db4760bb4d132ef39818c90525df8402582028cabcda478a96609f08ca9099354f730cfc9d2c5cc843e5dc95667d085be24841aa8284505e63db4760bb4d132ef39818c90525df0142cccc43dddddd845076a30d0108b6b0c78f0bfcf2a4332d3a0142cccc43dddddd
epoch-started: 82058402582028cabcda478a96609f08ca9099354f730cfc9d2c5cc843e5dc95667d085be24841aa8284505e63db4760bb4d132ef39818c90525df0142cccc43dddddd845076a30d0108b6b0c78f0bfcf2a4332d3a0142cccc43dddddd
configuration-revised: 8206850301020141bb
policy-set: 8207830265312e312e3065312e312e30
node-updated: 820865312e302e30
token-minted: 840983687365727665722d3158208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c5820a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a2091a6b49d20084505e63db4760bb4d132ef39818c90525df0142cccc43dddddd
token-withdrawn: 820a505e63db4760bb4d132ef39818c90525df
deletion-announced: 830b1a6b49d200656d6f766564
deletion-cancelled: 810c
deletion-confirmed: 820d07
batch-judged: 850e09582000000000000000000000000000000000000000000000000000000000000000005820000000000000000000000000000000000000000000000000000000000000000007
policy-set-without: 830f830265312e312e3065312e312e3081505e63db4760bb4d132ef39818c90525df
node-retired: 8410505e63db4760bb4d132ef39818c90525df8402582028cabcda478a96609f08ca9099354f730cfc9d2c5cc843e5dc95667d085be24841aa8284505e63db4760bb4d132ef39818c90525df0142cccc43dddddd845076a30d0108b6b0c78f0bfcf2a4332d3a0142cccc43dddddd42eeee
"#);
}

#[test]
fn the_bytes_of_a_statement_are_the_documented_ones() {
    let action = Action::DeletionCancelled;
    let statement = first_statement(&keys(ADMINISTRATOR), &action, NOON);
    insta::assert_snapshot!(hex(&statement), @"8258968a01015820000000000000000000000000000000000000000000000000000000000000000000582000000000000000000000000000000000000000000000000000000000000000005006f2797d51aefa708057433b71e7597c50000000000000000000000000000000001a6b49d20082005820000000000000000000000000000000000000000000000000000000000000000042810c584028dcaa1cd71af122acab374a465b9911a9f6a5db67d303808d9fdc32958946c1935d2530c6c17519728e168609adf1409692169b71fb9706e252ee03df624d05");
}

fn wrap(member: u8) -> Wrap {
    let enc = minicbor::bytes::ByteVec::from(vec![0xcc; 2]);
    let ciphertext = minicbor::bytes::ByteVec::from(vec![0xdd; 3]);
    let bytes = cbor::encode(&(keys(member).id(), 1_u64, enc, ciphertext));
    cbor::decode(&bytes).unwrap()
}
