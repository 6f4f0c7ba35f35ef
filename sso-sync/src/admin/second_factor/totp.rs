//! Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 s, as every authenticator has
//! them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use sso_core::UnixTime;

/// A number that grows by one every 30 s.
pub(super) type Step = u64;

/// The step in which `code` is right: the present one, the one before or the one after, if it is
/// later than `last`.
///
/// Whoever accepts a code remembers its step as `last`, or the code is good for a second time.
pub(super) fn accept(secret: &[u8], code: u32, now: UnixTime, last: Option<Step>) -> Option<Step> {
    let present = now.as_secs() / SECONDS;
    let near = [
        present.checked_sub(1),
        Some(present),
        present.checked_add(1),
    ];
    near.into_iter()
        .flatten()
        .filter(|step| is_code_of(secret, *step, code))
        .find(|step| last.is_none_or(|last| *step > last))
}

fn is_code_of(secret: &[u8], step: Step, code: u32) -> bool {
    let right = code_of(secret, step).to_be_bytes();
    verify_slices_are_equal(&right, &code.to_be_bytes()).is_ok()
}

/// The code of a step (RFC 4226, 5.3).
pub(super) fn code_of(secret: &[u8], step: Step) -> u32 {
    let tag = sign(
        &Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret),
        &step.to_be_bytes(),
    );
    truncate(tag.as_ref()).map_or(0, |number| (number & 0x7fff_ffff) % MODULUS)
}

/// The four bytes that the low half of the last byte points at; there always are.
fn truncate(tag: &[u8]) -> Option<u32> {
    let offset = usize::from(tag.last()? & 15);
    let bytes = tag.get(offset..offset + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(bytes))
}

const SECONDS: u64 = 30;
const MODULUS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn computes_the_codes_of_rfc_6238() {
        // The RFC gives eight digits, of which authenticators show the last six.
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000_u64, 65_353_130),
        ] {
            assert_eq!(
                code_of(SECRET, seconds / 30),
                code % 1_000_000,
                "at {seconds}"
            );
        }
    }

    #[test]
    fn computes_the_codes_of_rfc_4226() {
        let codes = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871,
            520_489,
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(code_of(SECRET, step), code);
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_late() {
        let code = code_of(SECRET, 100);
        let at = |seconds| accept(SECRET, code, UnixTime::from_secs(seconds), None);
        assert_eq!(at(99 * 30 - 1), None);
        assert_eq!(at(99 * 30), Some(100));
        assert_eq!(at(102 * 30 - 1), Some(100));
        assert_eq!(at(102 * 30), None);
    }

    #[test]
    fn a_step_is_never_accepted_twice_nor_after_a_later_one() {
        let code = code_of(SECRET, 100);
        let now = UnixTime::from_secs(3000);
        assert_eq!(accept(SECRET, code, now, Some(99)), Some(100));
        assert_eq!(accept(SECRET, code, now, Some(100)), None);
        assert_eq!(accept(SECRET, code, now, Some(101)), None);
    }

    #[test]
    fn the_beginning_of_time_is_no_special_case() {
        let code = code_of(SECRET, 0);
        assert_eq!(accept(SECRET, code, UnixTime::default(), None), Some(0));
    }

    proptest! {
        /// Whatever order codes come in, the accepted steps only ever grow.
        #[test]
        fn accepted_steps_only_grow(order in proptest::collection::vec((100u64..110, 0u64..300), 1..60)) {
            let mut last = None;
            for (step, seconds) in order {
                let now = UnixTime::from_secs(3000 + seconds);
                if let Some(accepted) = accept(SECRET, code_of(SECRET, step), now, last) {
                    prop_assert!(last.is_none_or(|last| accepted > last));
                    last = Some(accepted);
                }
            }
        }
    }
}
