# driftless:allow repository/home-path the cluster mounts this home everywhere
cd data
