//! Which token may do what.

use crate::errors::Error;
use subtle::ConstantTimeEq;

/// What the caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Preview only.
    Viewer,
    /// Preview and repair.
    Admin,
}

impl Role {
    pub fn may_repair(self) -> Result<(), Error> {
        match self {
            Self::Admin => Ok(()),
            Self::Viewer => Err(Error::MayNotRepair),
        }
    }
}

pub struct Tokens {
    pub admin: String,
    pub viewer: Option<String>,
}

impl Tokens {
    /// Each token is compared whole, and with each of ours, so that the time it takes tells nothing of them but their
    /// length.
    pub fn role_of(&self, token: &str) -> Option<Role> {
        let is = |ours: &str| bool::from(ours.as_bytes().ct_eq(token.as_bytes()));
        let is_admin = is(&self.admin);
        let is_viewer = self.viewer.as_deref().is_some_and(is);
        if is_admin {
            Some(Role::Admin)
        } else {
            is_viewer.then_some(Role::Viewer)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Role, Tokens};

    #[test]
    fn a_token_has_one_role() {
        let tokens = Tokens {
            admin: "administrator".to_owned(),
            viewer: Some("viewer".to_owned()),
        };
        assert_eq!(tokens.role_of("administrator"), Some(Role::Admin));
        assert_eq!(tokens.role_of("viewer"), Some(Role::Viewer));
        for wrong in ["", "admin", "administrators", "Viewer"] {
            assert_eq!(tokens.role_of(wrong), None, "{wrong}");
        }
        assert!(Role::Viewer.may_repair().is_err());
    }
}
