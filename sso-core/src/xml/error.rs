//! Why a document was refused.

/// Why a document was refused, or an element is not what the reader expected.
///
/// `Display` is for the log: it quotes names of the document, whose length is bounded and in
/// which control characters are escaped. Others get the [`code`](Self::code).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// An identifier is not a name without colon (XML Schema 2, 3.3.8), or is too long.
    #[error("the identifier {found:?} at byte {at} is not a name of at most {max} bytes")]
    BadId {
        /// Offset of the element, in bytes.
        at: usize,
        /// The beginning of the identifier.
        found: String,
        /// The longest that is allowed, in bytes.
        max: usize,
    },

    /// The canonical form of an element is far larger than the document.
    #[error("the canonical form has more than {max} bytes")]
    CanonicalTooLarge {
        /// How many are allowed.
        max: usize,
    },

    /// The document has a comment.
    #[error("comment at byte {at}")]
    Comment {
        /// Offset of the comment, in bytes.
        at: usize,
    },

    /// The document has a document type declaration, whatever is in it.
    #[error("document type declaration at byte {at}")]
    Doctype {
        /// Offset of the declaration, in bytes.
        at: usize,
    },

    /// Two elements claim one identifier, or one element claims two.
    #[error("the identifier {id:?} is not unique, or its element has another one too")]
    DuplicateId {
        /// The beginning of the identifier.
        id: String,
    },

    /// The document is not UTF-8, or does not say that it is XML 1.0 in UTF-8.
    #[error("not XML 1.0 in UTF-8: {what}")]
    Encoding {
        /// What is wrong.
        what: &'static str,
    },

    /// Canonicalization was asked for more inclusive prefixes than it takes.
    #[error("{found} inclusive prefixes, at most {max} are allowed")]
    InclusivePrefixes {
        /// How many were asked for.
        found: usize,
        /// How many are allowed.
        max: usize,
    },

    /// A rule of Namespaces in XML 1.0 is broken, or a namespace is not an absolute URI.
    #[error("namespaces at byte {at}: {what}: {found:?}")]
    Namespace {
        /// Offset of the element, in bytes.
        at: usize,
        /// The prefix or the namespace.
        found: String,
        /// What is wrong with it.
        what: &'static str,
    },

    /// The document is not well-formed XML 1.0.
    #[error("not well-formed at byte {at}: {what}")]
    NotWellFormed {
        /// Offset of the mistake, in bytes.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },

    /// An element that must hold text only holds elements.
    #[error("element {name} must hold nothing but text")]
    NotText {
        /// Local name of the element.
        name: String,
    },

    /// The document has a processing instruction.
    #[error("processing instruction at byte {at}")]
    ProcessingInstruction {
        /// Offset of the instruction, in bytes.
        at: usize,
    },

    /// An element that may occur once occurs again.
    #[error("element {name} occurs more than once in {parent}")]
    Repeated {
        /// Local name of the element.
        name: String,
        /// Local name of the element around it.
        parent: String,
    },

    /// Elements are nested too deeply.
    #[error("more than {max} elements inside each other")]
    TooDeep {
        /// The deepest nesting that is allowed.
        max: usize,
    },

    /// The document has too many bytes.
    #[error("{found} bytes, at most {max} are allowed")]
    TooLarge {
        /// How many it has.
        found: usize,
        /// How many are allowed.
        max: usize,
    },

    /// A name has too many bytes.
    #[error("name of more than {max} bytes at byte {at}")]
    TooLongName {
        /// Offset of the name, in bytes.
        at: usize,
        /// How many are allowed.
        max: usize,
    },

    /// An element has too many attributes and namespace declarations.
    #[error("more than {max} attributes at byte {at}")]
    TooManyAttributes {
        /// Offset of the first that is too many, in bytes.
        at: usize,
        /// How many are allowed.
        max: usize,
    },

    /// Too many namespace declarations are in scope.
    #[error("more than {max} namespace declarations in scope at byte {at}")]
    TooManyNamespaces {
        /// Offset of the first that is too many, in bytes.
        at: usize,
        /// How many are allowed.
        max: usize,
    },

    /// The document has too many elements and runs of text.
    #[error("more than {max} elements and texts")]
    TooManyNodes {
        /// How many are allowed.
        max: usize,
    },
}

impl XmlError {
    /// The kind of error, stable and without any word of the document.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadId { .. } => "xml.bad_id",
            Self::Comment { .. } => "xml.comment",
            Self::Doctype { .. } => "xml.doctype",
            Self::DuplicateId { .. } => "xml.duplicate_id",
            Self::Encoding { .. } => "xml.encoding",
            Self::CanonicalTooLarge { .. } | Self::InclusivePrefixes { .. } => "c14n.error",
            Self::Namespace { .. } => "xml.namespace",
            Self::NotText { .. } => "xml.not_text",
            Self::NotWellFormed { .. } => "xml.not_well_formed",
            Self::ProcessingInstruction { .. } => "xml.pi",
            Self::Repeated { .. } => "xml.repeated",
            Self::TooDeep { .. } => "xml.too_deep",
            Self::TooLarge { .. } => "xml.too_large",
            Self::TooLongName { .. } => "xml.too_long_name",
            Self::TooManyAttributes { .. } => "xml.too_many_attributes",
            Self::TooManyNamespaces { .. } => "xml.too_many_namespaces",
            Self::TooManyNodes { .. } => "xml.too_many_nodes",
        }
    }
}
