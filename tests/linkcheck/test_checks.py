from ipaddress import ip_network

from linkcheck.checks import check_admitted_networks, check_forge_addresses


def test_a_deployment_is_warned_of_networks_that_the_guard_admits(settings):
    settings.LINKCHECK_ADMIT_NETWORKS = [ip_network("127.0.0.0/8")]
    (warning,) = check_admitted_networks()
    assert warning.id == "linkcheck.W001"
    assert "127.0.0.0/8" in warning.msg


def test_the_default_is_silent(settings):
    settings.LINKCHECK_ADMIT_NETWORKS = []
    assert check_admitted_networks() == []


def test_a_deployment_is_warned_of_a_token_that_everyone_could_read(settings):
    settings.GITHUB_TOKEN, settings.GITHUB_API_URL = "secret", "http://github.internal.example"
    (warning,) = check_forge_addresses()
    assert warning.id == "linkcheck.W002"
    assert "secret" not in str(warning)
    settings.GITHUB_API_URL = "https://api.github.com"
    assert check_forge_addresses() == []
