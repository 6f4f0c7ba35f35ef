//! Digests of several strings at once, without ambiguity.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over `purpose` and `parts`, each behind its length as eight big-endian bytes.
pub(crate) fn of_parts(purpose: &str, parts: &[&str]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in std::iter::once(&purpose).chain(parts) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::of_parts;

    #[test]
    fn a_shifted_boundary_changes_the_digest() {
        assert_ne!(of_parts("x", &["ab", "c"]), of_parts("x", &["a", "bc"]));
        assert_ne!(of_parts("x", &["a"]), of_parts("x", &["a", ""]));
    }
}
