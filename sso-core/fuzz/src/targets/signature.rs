//! The target of this name.

use std::sync::LazyLock;

use crate::compare::{Claim, check_with_xmlsec1};
use crate::corpus;
use crate::others::Xmlsec1;

/// Every signature that we accept is accepted elsewhere, and covers the same octets there.
///
/// A process costs as much as a hundred comparisons, so `xmlsec1` sees only some documents; which
/// ones, they decide themselves.
///
/// # Panics
///
/// If not.
pub fn signature(data: &[u8]) {
    let claims = Claim::all(data, corpus::keys());
    claims.iter().for_each(Claim::check_with_bergshamra);
    if let Some(xmlsec1) = XMLSEC1.as_ref().filter(|_| is_chosen(data)) {
        check_with_xmlsec1(&claims, xmlsec1);
    }
}

fn is_chosen(data: &[u8]) -> bool {
    let sum = data.iter().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add((*byte).into())
    });
    sum.is_multiple_of(ONE_OF)
}

/// Machines without it compare with one implementation only.
static XMLSEC1: LazyLock<Option<Xmlsec1>> = LazyLock::new(Xmlsec1::find);

const ONE_OF: u32 = 16;
