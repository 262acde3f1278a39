"""Privacy as pure functions: what a person who may see only part of a value sees."""

from zhiyin.privacy.masking import (
    mask_address,
    mask_birthday,
    mask_email,
    mask_id,
    mask_name,
    mask_phone,
    mask_text,
)

__all__ = [
    "mask_address",
    "mask_birthday",
    "mask_email",
    "mask_id",
    "mask_name",
    "mask_phone",
    "mask_text",
]
