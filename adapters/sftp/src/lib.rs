//! adapters/sftp
