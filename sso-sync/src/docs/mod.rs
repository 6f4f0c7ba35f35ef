//! Chapters for those who run a hub or this crate's storage, write a second implementation, or
//! judge any of them.

#[doc = include_str!("administrators.md")]
pub mod administrators {}
#[doc = include_str!("keys_at_rest.md")]
pub mod keys_at_rest {}
#[doc = include_str!("on_kv.md")]
pub mod on_kv {}
#[doc = include_str!("protocol.md")]
pub mod protocol {}
#[doc = include_str!("write_a_backend.md")]
pub mod write_a_backend {}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_of_a_refusal_is_in_the_protocol() {
        let sources = [
            include_str!("../chain/refusal.rs"),
            include_str!("../feed/refusal.rs"),
        ];
        let codes = sources
            .iter()
            .flat_map(|source| source.split("=> \"").skip(1))
            .filter_map(|rest| rest.split('"').next());
        let protocol = include_str!("protocol.md");
        let missing: Vec<_> = codes
            .clone()
            .filter(|code| !protocol.contains(&format!("`{code}`")))
            .collect();
        assert!(codes.count() > 40);
        assert!(missing.is_empty(), "in the code only: {missing:?}");
    }
}
