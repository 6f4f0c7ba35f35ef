//! chromium.
