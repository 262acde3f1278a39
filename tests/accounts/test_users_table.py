import pytest
from django.db import IntegrityError, transaction

from tests import factories
from zhiyin.accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_email_belongs_to_one_user_whatever_its_case() -> None:
    factories.user(email="anna@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.user(email="Anna@Example.com")


def test_a_user_is_found_by_email_whatever_its_case() -> None:
    anna = factories.user(email="anna@example.com")
    assert User.objects.get_by_natural_key(" ANNA@example.com ") == anna


@pytest.mark.parametrize("roles", [[], ["emperor"], ["sales", "emperor"]])
def test_the_database_refuses_unknown_roles_and_none(roles: list[str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=factories.user().pk).update(roles=roles)
