//! How much a document may ask of us.

/// What a document may hold, and how much of it.
///
/// Start from [`Limits::message`] or [`Limits::metadata`]; the fields are the settings.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "each limit is a setting of its own, and tests vary them one by one"
)]
pub struct Limits {
    /// What becomes of comments.
    pub comments: Comments,
    /// Attributes and namespace declarations of one element.
    pub max_attributes: usize,
    /// Bytes of the document.
    pub max_bytes: usize,
    /// Elements inside each other; the root counts as one.
    pub max_depth: usize,
    /// Bytes of a name's prefix or local part, and of an identifier.
    pub max_name: usize,
    /// Namespace declarations in scope at one place.
    pub max_namespaces: usize,
    /// Elements and runs of text.
    pub max_nodes: usize,
}

impl Limits {
    /// For a SAML message: 256 KiB, depth 64, 20,000 nodes, no comments.
    #[must_use]
    pub const fn message() -> Self {
        Self {
            comments: Comments::Refuse,
            max_attributes: 64,
            max_bytes: 256 * 1024,
            max_depth: 64,
            max_name: 256,
            max_namespaces: 128,
            max_nodes: 20_000,
        }
    }

    /// For metadata, which may list thousands of providers: `max_bytes`, but at most 16 MiB, and
    /// 1,000,000 nodes. Comments are dropped, since people edit metadata by hand.
    #[must_use]
    pub const fn metadata(max_bytes: usize) -> Self {
        Self {
            comments: Comments::Drop,
            max_bytes: if max_bytes < METADATA_BYTES {
                max_bytes
            } else {
                METADATA_BYTES
            },
            max_nodes: 1_000_000,
            ..Self::message()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::message()
    }
}

/// What becomes of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a comment in the tree is what nobody may have"
)]
pub enum Comments {
    /// They are left out, and the text on both sides of one is a single text. No reader can
    /// mistake a part of a value for the whole, which is how comments became an attack.
    Drop,
    /// A document with a comment is refused.
    Refuse,
}

const METADATA_BYTES: usize = 16 * 1024 * 1024;
