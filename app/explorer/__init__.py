"""The explorer: pages for people, made with Streamlit."""
